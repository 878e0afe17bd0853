package io.halfstep.calibration;

import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import io.halfstep.calibration.CalibrationActor.Cancel;
import io.halfstep.calibration.CalibrationActor.Command;
import io.halfstep.checkpoint.CheckpointHistory;
import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.failure.Fault;
import io.halfstep.protocol.StageActor;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The first step of a checkpointed run: the search for a checkpoint to resume from. */
final class CheckpointSearch {
  /** The search of the store has ended. */
  private record Opened(CheckpointHistory.@Nullable Start start, @Nullable Throwable failure)
      implements Command, StageActor.Local {}

  private final CompletableFuture<CheckpointHistory.Start> search;
  private final CompletableFuture<CalibrationResult> outcome;
  private final Function<CheckpointHistory.Start, Behavior<Command>> then;

  private CheckpointSearch(
      ActorContext<Command> context,
      Checkpointing settings,
      CompletableFuture<CalibrationResult> outcome,
      Function<CheckpointHistory.Start, Behavior<Command>> then) {
    this.search =
        CompletableFuture.supplyAsync(
            () -> open(settings),
            context.getSystem().dispatchers().lookup(DispatcherSelector.blocking()));
    this.outcome = outcome;
    this.then = then;
    context.pipeToSelf(search, Opened::new);
  }

  /**
   * Creates the search.
   *
   * @param outcome of the run; completed here if the search fails
   * @param then the behavior of the run
   */
  static Behavior<Command> of(
      ActorContext<Command> context,
      Checkpointing settings,
      CompletableFuture<CalibrationResult> outcome,
      Function<CheckpointHistory.Start, Behavior<Command>> then) {
    return new CheckpointSearch(context, settings, outcome, then).searching();
  }

  private Behavior<Command> searching() {
    return Behaviors.receive(Command.class)
        .onMessage(Opened.class, this::onOpened)
        .onMessageEquals(Cancel.INSTANCE, this::onCancel)
        .build();
  }

  private static CheckpointHistory.Start open(Checkpointing settings) {
    try {
      return new CheckpointHistory(settings.store())
          .open(settings.fingerprint(), settings.listener());
    } catch (IOException e) {
      throw new CalibrationException(
          "checkpoints in %s: %s; expected a folder that can be read and written to"
              .formatted(settings.store(), e.getMessage()),
          Fault.DISK);
    }
  }

  private Behavior<Command> onOpened(Opened message) {
    if (message.start() != null) {
      return then.apply(message.start());
    }
    outcome.completeExceptionally(message.failure());
    return Behaviors.stopped();
  }

  /** The outcome completes only after the search has ended its use of the store. */
  private Behavior<Command> onCancel() {
    var unused =
        search.whenComplete(
            (start, failure) ->
                outcome.completeExceptionally(new CancellationException("cancelled")));
    return Behaviors.stopped();
  }
}
