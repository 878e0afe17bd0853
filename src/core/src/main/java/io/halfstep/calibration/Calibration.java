package io.halfstep.calibration;

import akka.actor.typed.ActorSystem;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One run in a separate actor system. */
public final class Calibration {
  private final ActorSystem<CalibrationActor.Command> system;
  private final CompletableFuture<CalibrationResult> result;

  private Calibration(
      ActorSystem<CalibrationActor.Command> system, CompletableFuture<CalibrationResult> result) {
    this.system = system;
    this.result = result;
  }

  /** Starts a run. */
  public static Calibration start(CalibrationRequest request) {
    return start(request, ConfigFactory.empty());
  }

  /**
   * Starts a run.
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
    system.tell(CalibrationActor.Cancel.INSTANCE);
  }
}
