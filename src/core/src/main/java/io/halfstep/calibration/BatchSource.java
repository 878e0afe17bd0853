package io.halfstep.calibration;

import akka.NotUsed;
import akka.stream.javadsl.Source;
import io.halfstep.source.SampleBatch;

/** The calibration batches. */
@FunctionalInterface
public interface BatchSource {
  /**
   * Returns the batches from this number (their {@link SampleBatch#id()}) on, the same ones each
   * time: a run streams them once per pass, and a resumed run begins in the middle. At the end it
   * reads the first ones again.
   */
  Source<SampleBatch, NotUsed> from(long batch);
}
