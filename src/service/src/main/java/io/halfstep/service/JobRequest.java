package io.halfstep.service;

import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.Job.Phase;
import io.halfstep.service.journal.JobEvent;
import org.jspecify.annotations.Nullable;

/** What a user asks of a job; answered when it is in the journal. */
enum JobRequest {
  /** Compute no more for now. */
  PAUSE,
  /** Compute on; a job that has failed goes on from its samples, one that waits tries at once. */
  RESUME,
  /** Learn from the samples that are there; take no more for this version. */
  SEAL,
  /** End, unfinished; what the job no longer needs is removed. */
  CANCEL;

  /**
   * Why the job can't do it; null if it can.
   *
   * @param waits whether the job waits before it tries something again
   * @param taken how many samples it has taken, for all versions
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

  /** What happens to the job by it. */
  JobEvent event(long taken, long now) {
    return switch (this) {
      case PAUSE -> new JobEvent.Paused(now);
      case RESUME -> new JobEvent.Resumed(now);
      case CANCEL -> new JobEvent.Cancelled(now);
      case SEAL -> new JobEvent.Sealed(taken, now);
    };
  }
}
