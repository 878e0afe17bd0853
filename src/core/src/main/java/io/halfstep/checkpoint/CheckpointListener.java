package io.halfstep.checkpoint;

/** Is told what becomes of a run's checkpoints; from any thread, and must return at once. */
public interface CheckpointListener {
  CheckpointListener NONE = checkpoint -> {};

  /** A checkpoint is complete: from now on a run resumes there. */
  void completed(CheckpointInfo checkpoint);

  /**
   * A run resumes from this one.
   *
   * @param checkpoint which was complete before the run was started
   */
  default void resumed(CheckpointInfo checkpoint) {}

  /**
   * A checkpoint can't be used; the one before it is tried.
   *
   * @param checkpoint where it is
   * @param why one line: which file, what was found, what was expected
   */
  default void refused(String checkpoint, String why) {}

  /**
   * A checkpoint could not be made. The run goes on, and tries again after the next interval.
   *
   * @param why one line
   */
  default void failed(String why) {}
}
