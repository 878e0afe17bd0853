package io.halfstep.calibration;

import akka.actor.typed.ActorSystem;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One run in an actor system of its own. */
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
    // On a thread of its own: an interrupt of the caller's would break the system half-way.
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
   * What the run found; complete when all its threads, files and native memory are given back.
   *
   * <p>Fails with a {@link CalibrationException}, with {@link
   * io.halfstep.failure.InvalidInputException} where the data are at fault, or with {@link
   * CancellationException}.
   */
  public CompletableFuture<CalibrationResult> result() {
    return result;
  }

  /** Stops the run soon. */
  public void cancel() {
    system.tell(CalibrationActor.Cancel.INSTANCE);
  }
}
