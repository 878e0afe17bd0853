package io.halfstep.metrics;

import io.halfstep.service.LiveJob;
import io.halfstep.service.LiveJobs;
import io.halfstep.service.journal.Job.Phase;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Which jobs have series: those that are not over, and those that have been for less than {@link
 * #LINGER}, which Prometheus may not have seen at their end. Of a failed job the status stays until
 * it is resumed, cancelled or deleted.
 */
record VisibleJobs(LiveJobs liveJobs, Clock clock) {
  static final Duration LINGER = Duration.ofMinutes(5);

  /** Those whose figures are shown. */
  List<LiveJob> withFigures() {
    return liveJobs.jobs().stream().filter(this::isCurrent).toList();
  }

  /** Those whose status is shown. */
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
