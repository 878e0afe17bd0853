package io.halfstep.calibration;

/** Is told how far a run is: often, from many threads, so it must return at once. */
@FunctionalInterface
public interface ProgressListener {
  ProgressListener NONE = progress -> {};

  void update(Progress progress);
}
