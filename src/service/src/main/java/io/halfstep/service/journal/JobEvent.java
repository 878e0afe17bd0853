package io.halfstep.service.journal;

/**
 * What has happened to a job, as the journal keeps it. Times are milliseconds since 1970. Names and
 * fields are for ever: {@link JournalSerializer} reads what older versions wrote.
 */
public sealed interface JobEvent extends JournalEntry {
  /** The samples of the version under way are complete: those before number {@code end}. */
  record Sealed(long end, long at) implements JobEvent {}

  /** A checkpoint is complete: after so many samples of a pass. */
  record CheckpointCompleted(long number, String pass, long samples, long at) implements JobEvent {}

  /** A version is there to be fetched. */
  record Published(int version, long samples, long bytes, long at) implements JobEvent {}

  /** No more computing until {@link Resumed}. */
  record Paused(long at) implements JobEvent {}

  /** Computing goes on. */
  record Resumed(long at) implements JobEvent {}

  /** Ended by the user. */
  record Cancelled(long at) implements JobEvent {}

  /** Ended by a failure. */
  record Failed(String reason, long at) implements JobEvent {}
}
