package io.halfstep.service.journal;

import akka.actor.typed.BackoffSupervisorStrategy;
import akka.actor.typed.SupervisorStrategy;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.javadsl.RetentionCriteria;
import io.halfstep.service.settings.ServiceSettings;
import java.time.Duration;

/** How those who write to the journal keep it, and what becomes of them when it is away. */
public final class Journal {
  /**
   * Who fails begins anew from what the journal holds, again and again until that succeeds. What it
   * has started goes on meanwhile.
   */
  public static final BackoffSupervisorStrategy ANEW =
      SupervisorStrategy.restartWithBackoff(Duration.ofMillis(500), Duration.ofSeconds(10), 0.1)
          .withStopChildren(false);

  /**
   * The same when the journal is away or its disk is full, of which {@link JournalWatch} tells.
   * Samples are taken as before.
   */
  public static final BackoffSupervisorStrategy AWAY = ANEW.withLoggingEnabled(false);

  /**
   * A long life is not replayed from its beginning, and does not take more and more room: what it
   * has come to is stored every hundred events, and those that came before two of these are
   * deleted.
   */
  public static final RetentionCriteria RETENTION =
      RetentionCriteria.snapshotEvery(100, 2).withDeleteEventsOnSnapshot();

  private Journal() {}

  /** The id under which the registry of jobs writes. */
  public static PersistenceId registry(ServiceSettings settings) {
    return PersistenceId.of("jobs", settings.text("name"));
  }

  /** The id under which a job writes. */
  public static PersistenceId job(ServiceSettings settings, String id) {
    return PersistenceId.of("job", settings.text("name") + "/" + id);
  }
}
