package io.halfstep.calibration;

import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.Materializer;
import akka.stream.javadsl.Sink;
import io.halfstep.calibration.CalibrationActor.Cancel;
import io.halfstep.calibration.CalibrationActor.Command;
import io.halfstep.graph.StageGraph;
import io.halfstep.protocol.StageActor;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The first step of a run whose network has layers in the branches of {@code If} nodes: passes over
 * the samples that tell which branches they take. With live samples it lasts until all are there. A
 * run that resumes finds the same from the same samples.
 */
final class BranchSearch {
  private record Decided(@Nullable StageGraph graph, @Nullable Throwable failure)
      implements Command, StageActor.Local {}

  private final CalibrationRequest request;
  private final CompletableFuture<CalibrationResult> outcome;
  private final Function<CalibrationRequest, Behavior<Command>> then;
  private final Executor io;
  private final Materializer materializer;
  private final CompletableFuture<StageGraph> search;

  private BranchSearch(
      ActorContext<Command> context,
      CalibrationRequest request,
      CompletableFuture<CalibrationResult> outcome,
      Function<CalibrationRequest, Behavior<Command>> then) {
    this.request = request;
    this.outcome = outcome;
    this.then = then;
    this.io = context.getSystem().dispatchers().lookup(DispatcherSelector.blocking());
    this.materializer = Materializer.createMaterializer(context); // streams end with the actor
    this.search = decide(request.graph());
    context.pipeToSelf(search, Decided::new);
  }

  /**
   * Creates the search.
   *
   * @param outcome of the run; completed here if the search fails
   * @param then the behavior of the run, given the request with the network that was found
   */
  static Behavior<Command> of(
      ActorContext<Command> context,
      CalibrationRequest request,
      CompletableFuture<CalibrationResult> outcome,
      Function<CalibrationRequest, Behavior<Command>> then) {
    return request.graph().undecided().isEmpty()
        ? then.apply(request)
        : new BranchSearch(context, request, outcome, then).searching();
  }

  private Behavior<Command> searching() {
    return Behaviors.receive(Command.class)
        .onMessage(Decided.class, this::onDecided)
        .onMessageEquals(Cancel.INSTANCE, this::onCancel)
        .build();
  }

  /** Without samples nothing is decided: the run itself says that there are none. */
  private CompletableFuture<StageGraph> decide(StageGraph graph) {
    if (graph.undecided().isEmpty()) {
      return CompletableFuture.completedFuture(graph);
    }
    BranchConditions conditions = new BranchConditions(graph);
    return request
        .source()
        .from(0)
        .mapAsync(1, batch -> CompletableFuture.supplyAsync(() -> conditions.add(batch), io))
        .takeWhile(open -> open)
        .runWith(Sink.ignore(), materializer)
        .whenComplete((done, failure) -> conditions.close())
        .thenComposeAsync(
            done ->
                conditions.hasSamples()
                    ? decide(conditions.decided())
                    : CompletableFuture.completedFuture(graph),
            io)
        .toCompletableFuture();
  }

  private Behavior<Command> onDecided(Decided message) {
    if (message.graph() != null) {
      return then.apply(request.toBuilder().graph(message.graph()).build());
    }
    Throwable failure = message.failure();
    outcome.completeExceptionally(
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure);
    return Behaviors.stopped();
  }

  /** The outcome completes only after the search has ended its use of the source. */
  private Behavior<Command> onCancel() {
    var unused =
        search.whenComplete(
            (graph, failure) ->
                outcome.completeExceptionally(new CancellationException("cancelled")));
    return Behaviors.stopped();
  }
}
