package io.halfstep.calibration;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Props;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/** One run, in an actor system of its own or in another one. */
public final class Calibration {
  private static final AtomicLong STARTED = new AtomicLong();

  private final ActorRef<CalibrationActor.Command> actor;
  private final CompletableFuture<CalibrationResult> result;

  private Calibration(
      ActorRef<CalibrationActor.Command> actor, CompletableFuture<CalibrationResult> result) {
    this.actor = actor;
    this.result = result;
  }

  /**
   * Starts a run in another actor system, which goes on after it.
   *
   * @param system whose default dispatcher passes messages on; the run computes on threads of its
   *     own
   */
  public static Calibration start(CalibrationRequest request, ActorSystem<?> system) {
    CompletableFuture<CalibrationResult> outcome = new CompletableFuture<>();
    return new Calibration(
        system.systemActorOf(
            CalibrationActor.create(request, outcome),
            "halfstep-" + STARTED.incrementAndGet(),
            Props.empty()),
        outcome);
  }

  /** Starts a run in a system of its own. */
  public static Calibration start(CalibrationRequest request) {
    return start(request, ConfigFactory.empty());
  }

  /**
   * Starts a run in a system of its own.
   *
   * @param overrides of Akka's configuration
   */
  public static Calibration start(CalibrationRequest request, Config overrides) {
    CompletableFuture<CalibrationResult> outcome = new CompletableFuture<>();
    Config config =
        overrides
            .withFallback(ConfigFactory.parseResources("halfstep.conf"))
            .withFallback(ConfigFactory.load());
    // On a new thread: an interrupt of the caller could break a system that is starting.
    ActorSystem<CalibrationActor.Command> system =
        CompletableFuture.supplyAsync(
                () ->
                    ActorSystem.create(
                        CalibrationActor.create(request, outcome), "halfstep", config),
                start -> new Thread(start, "halfstep-start").start())
            .join();
    CompletionStage<CalibrationResult> afterShutdown =
        outcome
            .handle(
                (network, failure) -> {
                  system.terminate();
                  return system.getWhenTerminated();
                })
            .thenCompose(terminated -> terminated)
            .thenCompose(done -> outcome);
    return new Calibration(system, afterShutdown.toCompletableFuture());
  }

  /**
   * Returns the result; completes when all threads, files and native memory are released.
   *
   * <p>Fails with a {@link CalibrationException}, with {@link
   * io.halfstep.failure.InvalidInputException} if the data are invalid, or with {@link
   * CancellationException}.
   */
  public CompletableFuture<CalibrationResult> result() {
    return result;
  }

  /** Cancels the run. */
  public void cancel() {
    actor.tell(CalibrationActor.Cancel.INSTANCE);
  }
}
