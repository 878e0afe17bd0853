package io.halfstep.calibration;

import static java.util.Objects.requireNonNull;

import akka.NotUsed;
import akka.actor.typed.Behavior;
import akka.actor.typed.ChildFailed;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import io.halfstep.checkpoint.CheckpointHistory;
import io.halfstep.checkpoint.CheckpointInfo;
import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.checkpoint.Manifest;
import io.halfstep.checkpoint.StageStates;
import io.halfstep.failure.Fault;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.failure.RootCause;
import io.halfstep.flow.Cleanup;
import io.halfstep.flow.MemoryBudget;
import io.halfstep.flow.NodeResources;
import io.halfstep.flow.RunContext;
import io.halfstep.inspection.FiniteParameters;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.StageId;
import io.halfstep.source.SampleBatch;
import io.halfstep.stage.IngressActor;
import io.halfstep.stage.RoundedConstant;
import io.halfstep.tensor.Mask;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One run: spawns an actor for each stage, streams the passes through them, and collects the
 * results.
 */
public final class CalibrationActor {
  /** A message to a run. */
  public interface Command {}

  /** Cancels the run. */
  public enum Cancel implements Command, StageActor.Local {
    INSTANCE
  }

  private record Event(RunEvent event) implements Command, StageActor.Local {}

  /** An action to run in the actor. */
  private record Later(Runnable action) implements Command, StageActor.Local {}

  /** The last pass has ended, and the inputs of the batches with kept outputs have been read. */
  private record Finished(@Nullable List<SampleBatch> kept, @Nullable Throwable failure)
      implements Command, StageActor.Local {}

  /** The actor's services for checkpoints. */
  private final class OwnMailbox implements Checkpoints.Mailbox {
    @Override
    public void after(Duration time, Runnable action) {
      context.scheduleOnce(time, context.getSelf(), new Later(action));
    }

    @Override
    public <T> void afterwards(
        CompletableFuture<T> work, BiConsumer<@Nullable T, @Nullable Throwable> action) {
      context.pipeToSelf(
          work, (result, failure) -> new Later(() -> action.accept(result, failure)));
    }
  }

  private final ActorContext<Command> context;
  private final CalibrationRequest request;
  private final CompletableFuture<CalibrationResult> outcome;
  private final ForkJoinPool workers;
  private final RunContext run;
  private final Wiring wiring;
  private final HeldBack samples;
  private final List<RoundedConstant> constants;
  private final RunResults results;
  private final ProgressTracker progress;
  private final CheckpointHistory.@Nullable Start start;
  private final @Nullable Manifest resumed;
  private @Nullable ActorGraph actors;
  private @Nullable Checkpoints checkpoints;
  private Pass pass;
  private @Nullable CalibrationResult result;
  private @Nullable RuntimeException failure;

  /** Acquires no resources. */
  private CalibrationActor(
      ActorContext<Command> context,
      CalibrationRequest request,
      CompletableFuture<CalibrationResult> outcome,
      CheckpointHistory.@Nullable Start start) {
    this.context = context;
    this.request = request;
    this.outcome = outcome;
    this.workers = workers(request.threads());
    this.start = start;
    this.resumed = start == null ? null : start.manifest();
    this.wiring =
        new Wiring(
            request.graph(),
            request.plan(),
            resumed == null ? Set.of() : resumed.rounded().keySet());
    this.run =
        new RunContext(
            context.messageAdapter(RunEvent.class, Event::new),
            MemoryShares.of(request, wiring),
            new NodeResources(
                workers,
                context.getSystem().dispatchers().lookup(DispatcherSelector.blocking()),
                new MemoryBudget(request.memoryBytes()),
                request.spoolDirectory(),
                new Cleanup(),
                start == null ? null : start.states()));
    this.samples = new HeldBack(request.source(), request.inputs());
    this.constants = RoundedConstant.of(request.graph(), request.plan());
    this.results = new RunResults(request.graph(), request.plan(), constants);
    this.progress = new ProgressTracker(request, samples, run.node().memory());
    this.pass = resumed == null ? first() : resumed.pass();
  }

  /**
   * Creates a run.
   *
   * @param outcome completed with the result, or with the failure
   */
  public static Behavior<Command> create(
      CalibrationRequest request, CompletableFuture<CalibrationResult> outcome) {
    return Behaviors.setup(
        context ->
            Preparation.of(
                context,
                request,
                outcome,
                decided ->
                    WidthSearch.of(
                        context,
                        decided,
                        outcome,
                        planned -> searched(context, planned, outcome))));
  }

  /** Creates a run without preparation and checkpoints. */
  static Behavior<Command> prepared(
      CalibrationRequest request, CompletableFuture<CalibrationResult> outcome) {
    return Behaviors.setup(context -> started(context, request, outcome, null));
  }

  private static Behavior<Command> searched(
      ActorContext<Command> context,
      CalibrationRequest request,
      CompletableFuture<CalibrationResult> outcome) {
    Checkpointing settings = request.checkpointing();
    return settings == null
        ? started(context, request, outcome, null)
        : CheckpointSearch.of(
            context, settings, outcome, start -> started(context, request, outcome, start));
  }

  private static Behavior<Command> started(
      ActorContext<Command> context,
      CalibrationRequest request,
      CompletableFuture<CalibrationResult> outcome,
      CheckpointHistory.@Nullable Start start) {
    try {
      CalibrationActor actor = new CalibrationActor(context, request, outcome, start);
      context.getSelf().tell(new Later(actor::begin)); // a failure there fails the run
      return actor.running();
    } catch (RuntimeException | Error e) {
      outcome.completeExceptionally(e);
      return Behaviors.stopped();
    }
  }

  private static ForkJoinPool workers(int threads) {
    return new ForkJoinPool(
        threads,
        pool -> {
          ForkJoinWorkerThread thread =
              ForkJoinPool.defaultForkJoinWorkerThreadFactory.newThread(pool);
          thread.setName("halfstep-worker-" + thread.getPoolIndex());
          return thread;
        },
        null,
        false);
  }

  private boolean isParallel() {
    return request.plan().schedule() == Plan.Schedule.PARALLEL;
  }

  /** Layers of a network in integers learn once ranges are settled. */
  private Pass first() {
    if (!request.hasSamples()) {
      return Pass.DERIVE;
    }
    return isParallel() && request.graph().sites().isEmpty() ? Pass.LEARN : Pass.OBSERVE;
  }

  private Behavior<Command> running() {
    return Behaviors.receive(Command.class)
        .onMessage(Event.class, this::onEvent)
        .onMessage(Later.class, this::onLater)
        .onMessage(Finished.class, this::onFinished)
        .onMessageEquals(Cancel.INSTANCE, this::onCancel)
        .onSignal(ChildFailed.class, this::onChildFailed)
        .onSignal(PostStop.class, signal -> stopped())
        .build();
  }

  private void begin() {
    FiniteParameters.require(request.graph(), request.plan());
    request.listener().begins(request.graph());
    actors = ActorGraph.spawn(context, request, constants, wiring, run);
    Checkpointing settings = request.checkpointing();
    StageStates states = run.node().states();
    if (settings != null && start != null && states != null) {
      checkpoints =
          new Checkpoints(
              settings, start, states, results, actors, new OwnMailbox(), run.node().io());
    }
    if (resumed == null) {
      stream(pass, 0);
      return;
    }
    results.resume(resumed);
    stream(pass, resumed.batches());
    progress.resume(resumed);
    requireNonNull(request.checkpointing()).listener().resumed(CheckpointInfo.of(resumed));
  }

  private void stream(Pass next, long firstBatch) {
    pass = next;
    results.begin(next);
    progress.begin(next);
    if (checkpoints != null) {
      checkpoints.begin(next);
    }
    batches(firstBatch)
        .map(this::batch)
        .to(
            IngressActor.sink(
                requireNonNull(actors).ingress(),
                new Item.PassStart(next, results.samples(), results.settled(next))))
        .run(context.getSystem());
  }

  private Source<SampleBatch, NotUsed> batches(long firstBatch) {
    return pass.compares()
        ? samples.compared(firstBatch, results.samples())
        : samples.learned(firstBatch);
  }

  private Item.Batch batch(SampleBatch samples) {
    SortedMap<String, Activation> activations = new TreeMap<>();
    samples.inputs().forEach((name, tensor) -> activations.put(name, Activation.shared(tensor)));
    Mask mask = request.mask() == null ? null : Mask.of(samples.input(request.mask()));
    return new Item.Batch(samples.id(), samples.samples(), activations, mask);
  }

  private Behavior<Command> onEvent(Event message) {
    try {
      return take(message.event());
    } catch (RuntimeException | Error e) { // of the source, the listener or the supplier
      return fail(e);
    }
  }

  private Behavior<Command> onLater(Later message) {
    try {
      message.action().run();
      return Behaviors.same();
    } catch (RuntimeException | Error e) { // of the source or the listener
      return fail(e);
    }
  }

  private Behavior<Command> take(RunEvent event) {
    if (event instanceof RunEvent.Failed failed) {
      return fail(failure(failed));
    }
    results.add(event);
    progress.add(event);
    request.listener().report(event);
    if (checkpoints != null) {
      checkpoints.add(event);
    }
    if (event instanceof RunEvent.PassCompleted completed
        && completed.samples() == 0
        && request.hasSamples()) {
      return fail(noSamples(request));
    }
    return results.isComplete() ? nextPass() : Behaviors.same();
  }

  /** Returns the failure of a run without any sample. */
  static InvalidInputException noSamples(CalibrationRequest request) {
    return new InvalidInputException(
        "no calibration sample was accepted; rejected: " + request.rejected().get());
  }

  private static RuntimeException failure(RunEvent.Failed failed) {
    if (failed.fault() == Fault.INPUT) {
      return new InvalidInputException(
          failed.stage().equals(StageId.INGRESS)
              ? failed.message()
              : failed.stage() + ": " + failed.message());
    }
    String batch = failed.batch() < 0 ? "" : ", batch " + failed.batch();
    return new CalibrationException(
        "stage " + failed.stage() + batch + ": " + failed.message(), failed.fault());
  }

  private Behavior<Command> nextPass() {
    switch (pass) {
      case OBSERVE -> stream(isParallel() ? Pass.LEARN : Pass.ROUND, 0);
      case ROUND, LEARN -> stream(isOptimized() ? Pass.NEAREST : Pass.FINISH, 0);
      case NEAREST -> {
        results.keepOutputs();
        stream(isParallel() ? Pass.FINISH : Pass.UNREPAIRED, 0);
      }
      case UNREPAIRED -> {
        results.keepOutputs();
        stream(Pass.FINISH, 0);
      }
      case FINISH -> {
        switch (results.best()) {
          case ROUNDED -> readKeptBatches();
          case NEAREST -> stream(Pass.FINISH_NEAREST, 0);
          case UNREPAIRED -> stream(Pass.FINISH_UNREPAIRED, 0);
        }
      }
      case FINISH_NEAREST, FINISH_UNREPAIRED, DERIVE -> readKeptBatches();
    }
    return Behaviors.same();
  }

  /** Returns whether the rounding of any layer is optimized. */
  private boolean isOptimized() {
    return request.graph().layers().stream()
        .flatMap(layer -> request.plan().layer(layer.name()).stream())
        .anyMatch(LayerPlan::isOptimized);
  }

  private void readKeptBatches() {
    context.pipeToSelf(
        batches(0).take(results.kept()).runWith(Sink.seq(), context.getSystem()), Finished::new);
  }

  private Behavior<Command> onFinished(Finished finished) {
    if (finished.failure() != null) {
      return fail(finished.failure());
    }
    try {
      result =
          new CalibrationResult(
              results.network(
                  requireNonNull(finished.kept()),
                  samples.isSeparate(results.samples()),
                  request.rejected().get()),
              run.node().memory().spooledBytes(),
              request.plan(),
              request.given(),
              request.notes(),
              request.allocation());
    } catch (RuntimeException | Error e) { // of the supplier
      return fail(e);
    }
    return Behaviors.stopped();
  }

  private Behavior<Command> onCancel() {
    return fail(new CancellationException("cancelled"));
  }

  private Behavior<Command> onChildFailed(ChildFailed child) {
    return fail(
        new CalibrationException(
            "stage "
                + requireNonNull(actors).stageOf(child.getRef())
                + ": "
                + RootCause.message(child.cause()), // Akka's own message names an actor's path
            Fault.of(child.cause())));
  }

  private Behavior<Command> fail(Throwable cause) {
    if (actors != null) {
      actors.cancel();
    }
    failure =
        cause instanceof RuntimeException failed
            ? failed
            : new CalibrationException(String.valueOf(cause), Fault.of(cause));
    return Behaviors.stopped();
  }

  /** All stages have stopped; the outcome completes once their resources are released. */
  private Behavior<Command> stopped() {
    CompletableFuture<?> quiet =
        checkpoints == null ? CompletableFuture.completedFuture(null) : checkpoints.quiet();
    var unused =
        CompletableFuture.allOf(run.node().cleanup().run(workers, run.node().io()), quiet)
            .whenComplete(
                (done, ignored) -> {
                  workers.shutdown();
                  if (result != null) {
                    outcome.complete(result);
                  } else {
                    outcome.completeExceptionally(
                        failure != null
                            ? failure
                            : new CalibrationException(
                                "the run ended unexpectedly", Fault.PROGRAM));
                  }
                });
    return Behaviors.same();
  }
}
