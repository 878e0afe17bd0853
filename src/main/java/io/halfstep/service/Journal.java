package io.halfstep.service;

import akka.actor.typed.BackoffSupervisorStrategy;
import akka.actor.typed.SupervisorStrategy;
import java.time.Duration;

/** What becomes of who writes to the journal when it does not answer. */
final class Journal {
  /**
   * The journal is away or its disk is full: its writers begin anew from what it holds, again and
   * again until it is back. What they have started goes on meanwhile; samples are taken as before.
   */
  static final BackoffSupervisorStrategy AWAY =
      SupervisorStrategy.restartWithBackoff(Duration.ofMillis(500), Duration.ofSeconds(10), 0.1)
          .withStopChildren(false);

  private Journal() {}
}
