package io.halfstep.service.journal;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * An event of a job in the journal. Times are milliseconds since 1970. Names and fields must not
 * change: {@link JournalSerializer} reads events of older versions.
 */
public sealed interface JobEvent extends JournalEntry {
  /** The version under way has all its samples: those before number {@code end}. */
  record Sealed(long end, long at) implements JobEvent {}

  /** A checkpoint was completed, after this many samples of a pass. */
  record CheckpointCompleted(long number, String pass, long samples, long at) implements JobEvent {}

  /**
   * A version was published.
   *
   * @param notes about its samples, one line each
   */
  record Published(
      int version,
      long samples,
      long bytes,
      long at,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> notes)
      implements JobEvent {
    public Published {
      notes = notes == null ? List.of() : List.copyOf(notes); // older journals have none
    }
  }

  /**
   * The version under way was not published: it is worse than the current one on the newest
   * samples.
   *
   * @param samples how many it has learned from
   * @param decibels signal to quantization noise of its outputs
   * @param currentDecibels the same of the current version
   */
  record Rejected(long samples, double decibels, double currentDecibels, long at)
      implements JobEvent {}

  /** Old versions were dropped from those kept; their files are removed next. */
  record VersionsDropped(List<Integer> versions, long at) implements JobEvent {}

  /** An earlier version became the current one, until the next is published. */
  record RolledBack(int version, long at) implements JobEvent {}

  /** The computation was paused until {@link Resumed}. */
  record Paused(long at) implements JobEvent {}

  /** The computation was resumed. */
  record Resumed(long at) implements JobEvent {}

  /** The user cancelled the job. */
  record Cancelled(long at) implements JobEvent {}

  /** The job failed. */
  record Failed(String reason, long at) implements JobEvent {}
}
