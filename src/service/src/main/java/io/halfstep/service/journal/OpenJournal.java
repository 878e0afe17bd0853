package io.halfstep.service.journal;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.Props;
import akka.actor.typed.javadsl.Behaviors;
import akka.persistence.jdbc.testkit.javadsl.SchemaUtils;
import akka.persistence.typed.PersistenceId;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.failure.RootCause;
import io.halfstep.service.settings.ServiceSettings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The journal of a service that is not running. All methods block. */
public final class OpenJournal implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final JournalDatabase database;
  private final ActorSystem<Void> system;
  private int appends;

  private OpenJournal(JournalDatabase database, ActorSystem<Void> system) {
    this.database = database;
    this.system = system;
  }

  /**
   * Opens the journal and creates missing tables.
   *
   * @throws InvalidInputException if it can't be opened
   */
  public static OpenJournal of(ServiceSettings settings) throws InterruptedException {
    OpenJournal journal =
        new OpenJournal(
            JournalDatabase.of(settings),
            ActorSystem.create(Behaviors.empty(), "halfstep", JournalDatabase.system(settings)));
    try {
      journal.await(SchemaUtils.createIfNotExists(journal.system));
      return journal;
    } catch (InvalidInputException | InterruptedException e) {
      journal.close();
      throw e;
    }
  }

  /**
   * Adds events to a persistent actor's.
   *
   * @param events computes the events from the current state
   * @return the new state
   */
  public <E, S> S append(
      PersistenceId id, S empty, BiFunction<S, E, S> apply, Function<S, List<E>> events)
      throws InterruptedException {
    CompletableFuture<S> done = new CompletableFuture<>();
    system.systemActorOf(
        Append.create(id, empty, apply, events, done), "append-" + ++appends, Props.empty());
    return await(done);
  }

  private <T> T await(CompletionStage<T> stage) throws InterruptedException {
    try {
      return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new InvalidInputException(
          "the journal %s cannot be opened: %s".formatted(database.name(), RootCause.message(e)),
          e);
    }
  }

  @Override
  public void close() {
    system.terminate();
    try {
      await(system.getWhenTerminated());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
