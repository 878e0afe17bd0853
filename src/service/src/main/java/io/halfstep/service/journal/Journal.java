package io.halfstep.service.journal;

import akka.actor.typed.BackoffSupervisorStrategy;
import akka.actor.typed.SupervisorStrategy;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.javadsl.RetentionCriteria;
import io.halfstep.service.settings.ServiceSettings;
import java.time.Duration;

/** The journal's settings for persistent actors: restarts, retention and ids. */
public final class Journal {
  /**
   * Restarts a failed actor from its journal until that succeeds. What it has started continues.
   */
  public static final BackoffSupervisorStrategy ANEW =
      SupervisorStrategy.restartWithBackoff(Duration.ofMillis(500), Duration.ofSeconds(10), 0.1)
          .withStopChildren(false);

  /**
   * The same without logging, for outages of the journal, which {@link JournalWatch} reports.
   * Samples are still taken.
   */
  public static final BackoffSupervisorStrategy AWAY = ANEW.withLoggingEnabled(false);

  /**
   * Stores a snapshot every hundred events and deletes events older than the last two snapshots,
   * which bounds the time of recovery and the size of the journal.
   */
  public static final RetentionCriteria RETENTION =
      RetentionCriteria.snapshotEvery(100, 2).withDeleteEventsOnSnapshot();

  private Journal() {}

  /** Returns the persistence id of the registry of jobs. */
  public static PersistenceId registry(ServiceSettings settings) {
    return PersistenceId.of("jobs", settings.text("name"));
  }

  /** Returns the persistence id of a job. */
  public static PersistenceId job(ServiceSettings settings, String id) {
    return PersistenceId.of("job", settings.text("name") + "/" + id);
  }
}
