package io.halfstep.service;

import io.halfstep.service.logging.JobLog;
import io.halfstep.service.logging.LogPace;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a job does about what fails for want of disk or memory: it waits 1 s, 2 s, 4 s and so on, up
 * to a minute, and tries again. For one actor.
 */
final class Retries {
  private static final Logger LOG = LoggerFactory.getLogger(Retries.class);
  private static final int DOUBLINGS = 6;
  private static final long LONGEST_SECONDS = 60;

  private final LiveJob live;
  private final LogPace pace = new LogPace();
  private int attempts;
  private int wait;

  Retries(LiveJob live) {
    this.live = live;
  }

  /** A wait begins; its number is {@link #current}. */
  Duration begin(String reason) {
    live.waiting(reason);
    wait++;
    if (pace.due()) {
      JobLog.about(live.job().spec().id(), () -> LOG.warn("waits: {}", reason));
    }
    return Duration.ofSeconds(Math.min(LONGEST_SECONDS, 1L << Math.min(attempts++, DOUBLINGS)));
  }

  /** The number of the wait under way, or the last one. */
  int current() {
    return wait;
  }

  boolean waits() {
    return live.waiting() != null;
  }

  /** The wait is over. */
  void end() {
    live.waiting(null);
  }

  /** Something has been achieved: the next wait is a short one. */
  void succeeded() {
    attempts = 0;
  }
}
