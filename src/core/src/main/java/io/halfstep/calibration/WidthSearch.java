package io.halfstep.calibration;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import io.halfstep.allocation.Allocation;
import io.halfstep.allocation.LayerWidths;
import io.halfstep.allocation.Width;
import io.halfstep.calibration.CalibrationActor.Cancel;
import io.halfstep.calibration.CalibrationActor.Command;
import io.halfstep.graph.Layer;
import io.halfstep.plan.Budget;
import io.halfstep.protocol.StageActor;
import io.halfstep.widths.WidthCosts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The second step of a run, if its plan has a budget: measures one layer after the other, and
 * chooses their widths ([S] §3.2). The plan of the run then has the bits of each layer, and no
 * budget. A run that resumes finds the same from the same samples.
 */
final class WidthSearch {
  /** A piece of work has ended. */
  private record Done(@Nullable Throwable failure, Supplier<Behavior<Command>> next)
      implements Command, StageActor.Local {}

  private final ActorContext<Command> context;
  private final CalibrationRequest request;
  private final Budget budget;
  private final CompletableFuture<CalibrationResult> outcome;
  private final Function<CalibrationRequest, Behavior<Command>> then;
  private final Executor io;
  private final List<LayerWidths> measured = new ArrayList<>();
  private @Nullable ActorRef<Command> probing;
  private boolean cancelled;

  private WidthSearch(
      ActorContext<Command> context,
      CalibrationRequest request,
      Budget budget,
      CompletableFuture<CalibrationResult> outcome,
      Function<CalibrationRequest, Behavior<Command>> then) {
    this.context = context;
    this.request = request;
    this.budget = budget;
    this.outcome = outcome;
    this.then = then;
    this.io = context.getSystem().dispatchers().lookup(DispatcherSelector.blocking());
  }

  /**
   * Creates the step.
   *
   * @param outcome of the run; completed here if this step fails
   * @param then the behavior of the run, given the request with the completed plan
   */
  static Behavior<Command> of(
      ActorContext<Command> context,
      CalibrationRequest request,
      CompletableFuture<CalibrationResult> outcome,
      Function<CalibrationRequest, Behavior<Command>> then) {
    Budget budget = request.plan().budget();
    return budget == null
        ? then.apply(request)
        : new WidthSearch(context, request, budget, outcome, then).searching();
  }

  private Behavior<Command> searching() {
    await(
        CompletableFuture.supplyAsync(
            () -> new WidthCosts(request.graph(), request.plan(), budget), io),
        this::measureNext);
    return Behaviors.receive(Command.class)
        .onMessage(Done.class, this::onDone)
        .onMessageEquals(Cancel.INSTANCE, this::onCancel)
        .build();
  }

  private <T> void await(CompletableFuture<T> work, Function<T, Behavior<Command>> next) {
    context.pipeToSelf(
        work,
        (result, failure) -> new Done(failure, () -> next.apply(Objects.requireNonNull(result))));
  }

  private Behavior<Command> measureNext(WidthCosts costs) {
    List<Layer> layers = costs.layers();
    while (measured.size() < layers.size()) {
      Layer layer = layers.get(measured.size());
      if (costs.of(layer).size() > 1) {
        measure(layer, costs);
        return Behaviors.same();
      }
      measured.add(fixed(layer, costs.of(layer)));
    }
    await(
        CompletableFuture.supplyAsync(
            () -> Allocation.of(budget.toString(), costs.unit(), measured, costs.limit()), io),
        this::allocated);
    return Behaviors.same();
  }

  private void measure(Layer layer, WidthCosts costs) {
    LayerProbe probe = new LayerProbe(request, layer);
    CompletableFuture<CalibrationResult> result = new CompletableFuture<>();
    probing = context.spawnAnonymous(CalibrationActor.prepared(probe.request(), result));
    await(
        result,
        found -> {
          measured.add(probe.widths(found, costs.of(layer)));
          return measureNext(costs);
        });
  }

  /** The error of a layer whose bits the plan says is the same in every assignment. */
  private static LayerWidths fixed(Layer layer, Map<Integer, Long> costs) {
    return new LayerWidths(
        layer.name(),
        costs.entrySet().stream()
            .map(cost -> new Width(cost.getKey(), cost.getValue(), 0))
            .toList());
  }

  private Behavior<Command> allocated(Allocation allocation) {
    return then.apply(
        request.toBuilder()
            .plan(request.plan().withBits(allocation.chosen().bits()))
            .allocation(allocation)
            .build());
  }

  private Behavior<Command> onDone(Done done) {
    Throwable failure = done.failure();
    if (failure == null && !cancelled) {
      return done.next().get();
    }
    outcome.completeExceptionally(
        failure == null
            ? new CancellationException("cancelled")
            : failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause()
                : failure);
    return Behaviors.stopped();
  }

  /** The outcome completes only after the work under way has ended its use of the source. */
  private Behavior<Command> onCancel() {
    cancelled = true;
    if (probing != null) {
      probing.tell(Cancel.INSTANCE);
    }
    return Behaviors.same();
  }
}
