package io.halfstep.checkpoint;

/** Receives events about a run's checkpoints, from any thread; must return at once. */
public interface CheckpointListener {
  CheckpointListener NONE = checkpoint -> {};

  /** A checkpoint is complete; a run can resume from it. */
  void completed(CheckpointInfo checkpoint);

  /**
   * A run resumes from a checkpoint.
   *
   * @param checkpoint completed before the run was started
   */
  default void resumed(CheckpointInfo checkpoint) {}

  /**
   * A checkpoint can't be used; the previous one is tried.
   *
   * @param checkpoint its location
   * @param why one line: the file, what was found, what was expected
   */
  default void refused(String checkpoint, String why) {}

  /**
   * A checkpoint failed. The run continues, and retries after the next interval.
   *
   * @param why one line
   */
  default void failed(String why) {}
}
