package io.halfstep.calibration;

import io.halfstep.protocol.RunEvent;

/** Is told how far a run is: often, from many threads, so it must return at once. */
@FunctionalInterface
public interface ProgressListener {
  ProgressListener NONE = progress -> {};

  void update(Progress progress);

  /** What a stage reports, as it comes. */
  default void report(RunEvent event) {}
}
