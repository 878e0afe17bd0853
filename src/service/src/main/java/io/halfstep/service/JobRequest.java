package io.halfstep.service;

import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.Job.Phase;
import io.halfstep.service.journal.JobEvent;
import org.jspecify.annotations.Nullable;

/** A user's request to a job; answered once it is in the journal. */
enum JobRequest {
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

  /**
   * Returns why the request is not possible; null if it is.
   *
   * @param waits whether the job waits for a retry
   * @param taken the number of samples taken, for all versions
   */
  @Nullable String refusal(Job job, boolean waits, long taken) {
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

  /** Returns the request's event. */
  JobEvent event(long taken, long now) {
    return switch (this) {
      case PAUSE -> new JobEvent.Paused(now);
      case RESUME -> new JobEvent.Resumed(now);
      case CANCEL -> new JobEvent.Cancelled(now);
      case SEAL -> new JobEvent.Sealed(taken, now);
    };
  }
}
