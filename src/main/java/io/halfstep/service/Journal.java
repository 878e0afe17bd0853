package io.halfstep.service;

import akka.actor.typed.BackoffSupervisorStrategy;
import akka.actor.typed.SupervisorStrategy;
import java.time.Duration;

/** What becomes of who writes to the journal. */
final class Journal {
  /**
   * Who fails begins anew from what the journal holds, again and again until that succeeds. What it
   * has started goes on meanwhile.
   */
  static final BackoffSupervisorStrategy ANEW =
      SupervisorStrategy.restartWithBackoff(Duration.ofMillis(500), Duration.ofSeconds(10), 0.1)
          .withStopChildren(false);

  /**
   * The same when the journal is away or its disk is full, of which {@link JournalWatch} tells.
   * Samples are taken as before.
   */
  static final BackoffSupervisorStrategy AWAY = ANEW.withLoggingEnabled(false);

  private Journal() {}
}
