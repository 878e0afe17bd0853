package io.halfstep.service;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.AskPattern;
import akka.persistence.jdbc.db.SlickExtension;
import akka.persistence.jdbc.db.SlickExtensionImpl;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks whether a sample would be accepted: whether the registry and the journal have answered
 * lately, and there is free space on the disk. It asks each every second, on separate threads, so
 * that a slow answer of one does not delay the other.
 */
final class Readiness implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Readiness.class);
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final ActorSystem<?> system;
  private final ActorRef<JobsActor.Command> registry;
  private final BooleanSupplier room;
  private final SlickExtensionImpl databases;
  private final ScheduledExecutorService watch =
      Executors.newScheduledThreadPool(2, Readiness::thread);
  private volatile long registryAnswered = System.nanoTime();
  private volatile long journalAnswered = System.nanoTime();
  private volatile boolean hasRoom;
  private Optional<String> told = Optional.empty();

  private Readiness(
      ActorSystem<?> system, ActorRef<JobsActor.Command> registry, BooleanSupplier room) {
    this.system = system;
    this.registry = registry;
    this.room = room;
    this.hasRoom = room.getAsBoolean();
    this.databases = (SlickExtensionImpl) SlickExtension.get(system);
  }

  /** Watches a registry and a journal that have just answered. */
  static Readiness watch(
      ActorSystem<?> system, ActorRef<JobsActor.Command> registry, BooleanSupplier room) {
    Readiness readiness = new Readiness(system, registry, room);
    readiness.everySecond(readiness::askRegistry);
    readiness.everySecond(readiness::askJournal);
    readiness.everySecond(
        () -> {
          readiness.hasRoom = readiness.room.getAsBoolean();
          readiness.tell();
        });
    return readiness;
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "readiness");
    thread.setDaemon(true);
    return thread;
  }

  private void everySecond(Runnable look) {
    var unused =
        watch.scheduleWithFixedDelay(
            () -> {
              try {
                look.run();
              } catch (RuntimeException e) { // an exception would end the schedule
                LOG.debug("no answer", e);
              }
            },
            1,
            1,
            TimeUnit.SECONDS);
  }

  /** Returns why no sample would be accepted; empty if one would. */
  Optional<String> obstacle() {
    if (isLate(registryAnswered)) {
      return Optional.of("the registry of jobs does not answer");
    }
    if (isLate(journalAnswered)) {
      return Optional.of("the journal does not answer");
    }
    return hasRoom
        ? Optional.empty()
        : Optional.of("the disk has no room for samples (intake.reserve-bytes)");
  }

  private static boolean isLate(long answered) {
    return System.nanoTime() - answered > PATIENCE.toNanos();
  }

  private void askRegistry() {
    AskPattern.ask(registry, JobsActor.Ping::new, PATIENCE, system.scheduler())
        .thenAccept((Done alive) -> registryAnswered = System.nanoTime());
  }

  private void askJournal() {
    try (Connection connection =
        databases
            .database(system.settings().config().getConfig("jdbc-journal"))
            .database()
            .source()
            .createConnection()) {
      if (connection.isValid((int) PATIENCE.toSeconds())) {
        journalAnswered = System.nanoTime();
      }
    } catch (SQLException e) {
      LOG.debug("the journal does not answer", e);
    }
  }

  private void tell() {
    Optional<String> now = obstacle();
    if (!now.equals(told)) {
      told = now;
      now.ifPresentOrElse(
          why -> LOG.warn("not ready: {}", why), () -> LOG.info("ready: samples are accepted"));
    }
  }

  @Override
  public void close() {
    watch.shutdownNow();
  }
}
