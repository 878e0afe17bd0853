package io.halfstep.calibration;

import akka.NotUsed;
import akka.stream.javadsl.Source;
import io.halfstep.source.SampleBatch;

/** The calibration batches. */
@FunctionalInterface
public interface BatchSource {
  /**
   * The batches from this number (their {@link SampleBatch#id()}) on, each time the same: a run
   * streams them once per pass, and a run that resumes begins in their midst. At the end it reads
   * the first ones again.
   */
  Source<SampleBatch, NotUsed> from(long batch);
}
