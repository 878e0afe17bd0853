package io.halfstep.calibration;

import io.halfstep.graph.StageGraph;
import io.halfstep.protocol.RunEvent;

/** Receives progress events, often and from many threads, so it must return at once. */
@FunctionalInterface
public interface ProgressListener {
  ProgressListener NONE = progress -> {};

  void update(Progress progress);

  /** Receives the network as it is quantized, before any event of a stage. */
  default void begins(StageGraph network) {}

  /** Receives the events of stages. */
  default void report(RunEvent event) {}
}
