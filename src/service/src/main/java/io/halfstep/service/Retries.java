package io.halfstep.service;

import io.halfstep.service.logging.JobLog;
import io.halfstep.service.logging.LogPace;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Retries after a lack of disk space or memory, with delays of 1 s, 2 s, 4 s and so on, up to a
 * minute. Used by one actor.
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

  /** Starts a wait; its number is {@link #current}. */
  Duration begin(String reason) {
    live.waiting(reason);
    wait++;
    if (pace.due()) {
      JobLog.about(live.job().spec().id(), () -> LOG.warn("waits: {}", reason));
    }
    return Duration.ofSeconds(Math.min(LONGEST_SECONDS, 1L << Math.min(attempts++, DOUBLINGS)));
  }

  /** Returns the number of the current or last wait. */
  int current() {
    return wait;
  }

  boolean waits() {
    return live.waiting() != null;
  }

  /** Ends the wait. */
  void end() {
    live.waiting(null);
  }

  /** Resets the delay after progress. */
  void succeeded() {
    attempts = 0;
  }
}
