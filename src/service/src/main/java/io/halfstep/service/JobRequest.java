package io.halfstep.service;

import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.Job.Phase;
import io.halfstep.service.journal.JobEvent;
import org.jspecify.annotations.Nullable;

/** A user's request to a job; answered once it is in the journal. */
sealed interface JobRequest {
  /**
   * Returns why the request is not possible; null if it is.
   *
   * @param waits whether the job waits for a retry
   * @param taken the number of samples taken, for all versions
   */
  @Nullable String refusal(Job job, boolean waits, long taken);

  /** Returns the event of a possible request. */
  JobEvent event(Job job, long taken, long now);

  /** Controls the work on the version under way. */
  enum Control implements JobRequest {
    /** Pauses the computation. */
    PAUSE,
    /**
     * Continues the computation; a failed job continues with its samples, a waiting one retries at
     * once.
     */
    RESUME,
    /** Completes the version with the samples taken so far. */
    SEAL,
    /** Ends the job unfinished, and removes what it no longer needs. */
    CANCEL;

    @Override
    public @Nullable String refusal(Job job, boolean waits, long taken) {
      if (job.phase().isFinal()) {
        boolean mendable = job.phase() == Phase.FAILED && (this == RESUME || this == CANCEL);
        return mendable ? null : "the job is %s".formatted(JobView.status(job));
      }
      return switch (this) {
        case PAUSE -> job.phase() == Phase.PAUSED ? "the job is paused already" : null;
        case RESUME -> job.phase() == Phase.ACTIVE && !waits ? "the job is not paused" : null;
        case CANCEL -> null;
        case SEAL -> {
          if (job.isSealed()) {
            yield "the job has all its samples already";
          }
          yield taken <= job.windowStart() ? "the job has no sample yet" : null;
        }
      };
    }

    @Override
    public JobEvent event(Job job, long taken, long now) {
      return switch (this) {
        case PAUSE -> new JobEvent.Paused(now);
        case RESUME -> new JobEvent.Resumed(now);
        case CANCEL -> new JobEvent.Cancelled(now);
        case SEAL -> new JobEvent.Sealed(Math.min(taken, job.windowEnd()), now);
      };
    }
  }

  /**
   * Makes another published version the current one; also of a job that has ended.
   *
   * @param version its number; 0: the one before the current one
   */
  record RollBack(int version) implements JobRequest {
    @Override
    public @Nullable String refusal(Job job, boolean waits, long taken) {
      int wanted = version == 0 ? job.previousVersion().orElse(0) : version;
      if (wanted == 0) {
        return job.current() == 0
            ? "no version is published yet"
            : "no version before version %d is kept".formatted(job.current());
      }
      if (wanted == job.current()) {
        return "version %d is the current one already".formatted(wanted);
      }
      return job.has(wanted) ? null : JobView.noSuchVersion(job, wanted);
    }

    @Override
    public JobEvent event(Job job, long taken, long now) {
      return new JobEvent.RolledBack(
          version == 0 ? job.previousVersion().orElseThrow() : version, now);
    }
  }
}
