package io.halfstep.service;

import akka.actor.typed.BackoffSupervisorStrategy;
import akka.actor.typed.SupervisorStrategy;
import akka.persistence.typed.javadsl.RetentionCriteria;
import java.time.Duration;

/** How those who write to the journal keep it, and what becomes of them when it is away. */
final class Journal {
  /**
   * The journal is away or its disk is full: its writers begin anew from what it holds, again and
   * again until it is back. What they have started goes on meanwhile; samples are taken as before.
   */
  static final BackoffSupervisorStrategy AWAY =
      SupervisorStrategy.restartWithBackoff(Duration.ofMillis(500), Duration.ofSeconds(10), 0.1)
          .withStopChildren(false);

  /**
   * A long life is not replayed from its beginning, and does not take more and more room: what it
   * has come to is stored every hundred events, and those that came before two of these are
   * deleted.
   */
  static final RetentionCriteria RETENTION =
      RetentionCriteria.snapshotEvery(100, 2).withDeleteEventsOnSnapshot();

  private Journal() {}
}
