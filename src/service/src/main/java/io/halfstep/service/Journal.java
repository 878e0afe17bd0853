package io.halfstep.service;

import akka.actor.typed.BackoffSupervisorStrategy;
import akka.actor.typed.SupervisorStrategy;
import akka.persistence.typed.javadsl.RetentionCriteria;
import java.time.Duration;

/** How those who write to the journal keep it, and what becomes of them when it is away. */
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

  /**
   * A long life is not replayed from its beginning, and does not take more and more room: what it
   * has come to is stored every hundred events, and those that came before two of these are
   * deleted.
   */
  static final RetentionCriteria RETENTION =
      RetentionCriteria.snapshotEvery(100, 2).withDeleteEventsOnSnapshot();

  private Journal() {}
}
