package io.halfstep.metrics;

import io.halfstep.service.LiveJob;
import io.halfstep.service.LiveJobs;
import io.halfstep.service.journal.Job.Phase;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The jobs that have series: unfinished ones, and those that ended less than {@link #LINGER} ago,
 * so that Prometheus scrapes their last values. The status of a failed job stays until it is
 * resumed, cancelled or deleted.
 */
record VisibleJobs(LiveJobs liveJobs, Clock clock) {
  static final Duration LINGER = Duration.ofMinutes(5);

  /** Returns the jobs whose figures are shown. */
  List<LiveJob> withFigures() {
    return liveJobs.jobs().stream().filter(this::isCurrent).toList();
  }

  /** Returns the jobs whose status is shown. */
  List<LiveJob> withStatus() {
    return liveJobs.jobs().stream()
        .filter(live -> live.job().phase() == Phase.FAILED || isCurrent(live))
        .toList();
  }

  private boolean isCurrent(LiveJob live) {
    Instant ended = live.ended();
    return ended == null || ended.plus(LINGER).isAfter(clock.instant());
  }
}
