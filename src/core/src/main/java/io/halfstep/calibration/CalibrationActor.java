package io.halfstep.calibration;

import static java.util.Objects.requireNonNull;

import akka.NotUsed;
import akka.actor.Cancellable;
import akka.actor.typed.ActorRef;
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
import io.halfstep.flow.Workers;
import io.halfstep.graph.Layer;
import io.halfstep.inspection.FiniteParameters;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Learn;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.StageId;
import io.halfstep.quantizer.Candidate;
import io.halfstep.quantizer.Encoding;
import io.halfstep.reconstruction.BlockChain;
import io.halfstep.reconstruction.RoundedNetwork;
import io.halfstep.source.SampleBatch;
import io.halfstep.stage.IngressActor;
import io.halfstep.stage.RoundedConstant;
import io.halfstep.tensor.Mask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
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
      timer = context.scheduleOnce(time, context.getSelf(), new Later(action));
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
  private @Nullable Cancellable timer; // the only one, which would keep this run's memory
  private final List<Pass> passes;
  private final Map<Pass, BlockChain> chains = new EnumMap<>(Pass.class);
  private final Set<Pass> told = EnumSet.noneOf(Pass.class);
  private Pass pass;
  private boolean restoring;
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
    this.workers = Workers.pool(request.threads());
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
                start == null ? null : start.states(),
                request.history()));
    this.samples = new HeldBack(request.source(), request.inputs());
    this.constants = RoundedConstant.of(request.graph(), request.plan());
    this.results = new RunResults(request.graph(), request.plan(), constants);
    this.passes = passes(request);
    this.progress = new ProgressTracker(request, passes, samples, run.node().memory());
    this.pass = resumed == null ? passes.get(0) : resumed.pass();
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
                        planned ->
                            BlockCurvature.of(
                                context,
                                planned,
                                outcome,
                                known -> searched(context, known, outcome)))));
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
          new Checkpoints(settings, start, states, results, new OwnMailbox(), run.node().io());
    }
    if (resumed == null) {
      stream(pass, 0);
      return;
    }
    results.resume(resumed);
    restoring = true;
    restore(resumed);
  }

  /**
   * Resumes the pass, once the layers have restored what they need for it: what blocks had learned
   * before.
   */
  private void restore(Manifest from) {
    if (passes.stream().anyMatch(each -> each.learnsBlocks() && !pass.isBefore(each))
        && !results.isRounded()) {
      return;
    }
    for (Pass each : passes) {
      if (each.learnsBlocks() && each.isBefore(pass)) {
        if (results.blocks(each.learned()) < blocks(each).learners()) {
          return;
        }
        if (told.add(each)) {
          tellLayers(each.learned());
        }
      }
    }
    restoring = false;
    stream(pass, from.batches());
    progress.resume(from);
    requireNonNull(request.checkpointing()).listener().resumed(CheckpointInfo.of(from));
  }

  private void stream(Pass next, long firstBatch) {
    pass = next;
    ActorGraph layers = requireNonNull(actors);
    BlockChain blocks = next.learnsBlocks() ? blocks(next) : null;
    ActorRef<StageActor.Command> ingress = blocks == null ? layers.ingress() : blocks.ingress();
    int learning = blocks == null ? 0 : blocks.learners();
    results.begin(next, learning);
    progress.begin(next, learning);
    if (checkpoints != null) {
      checkpoints.begin(next, ingress, blocks == null ? layers.size() : blocks.size());
    }
    batches(firstBatch)
        .map(this::batch)
        .to(
            IngressActor.sink(
                ingress, new Item.PassStart(next, results.samples(), results.settled(next))))
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
    if (restoring) {
      restore(requireNonNull(resumed));
      return Behaviors.same();
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
    if (pass.learnsBlocks()) {
      tellLayers(pass.learned());
    }
    if (pass.compares() && pass.isBefore(Pass.FINISH)) {
      results.keepOutputs();
    }
    List<Pass> left = passes.subList(passes.indexOf(pass) + 1, passes.size());
    if (pass == Pass.FINISH && results.best() != Candidate.ROUNDED) {
      stream(Pass.finishing(results.best()), 0);
    } else if (left.isEmpty() || pass.isReplacement()) {
      readKeptBatches();
    } else {
      stream(left.get(0), 0);
    }
    return Behaviors.same();
  }

  /** Returns the passes of a run, but for the one that finishes a student of other weights. */
  private static List<Pass> passes(CalibrationRequest request) {
    if (!request.hasSamples()) {
      return List.of(Pass.DERIVE);
    }
    boolean parallel = request.plan().schedule() == Plan.Schedule.PARALLEL;
    boolean reconstructs = hasLayer(request, how -> how.learns(Learn.BLOCKS));
    boolean finetunes = hasLayer(request, how -> how.learns(Learn.NETWORK));
    List<Pass> passes = new ArrayList<>();
    if (!parallel || !request.graph().sites().isEmpty()) { // ranges are settled first
      passes.add(Pass.OBSERVE);
    }
    passes.add(parallel ? Pass.LEARN : Pass.ROUND);
    if (reconstructs) {
      passes.add(Pass.RECONSTRUCT);
    }
    if (finetunes) {
      passes.add(Pass.FINETUNE);
    }
    if (hasLayer(request, LayerPlan::isOptimized)) {
      passes.add(Pass.NEAREST);
      if (!parallel) {
        passes.add(Pass.UNREPAIRED);
      }
    }
    if (reconstructs) {
      passes.add(Pass.RECONSTRUCTED);
    }
    if (finetunes) {
      passes.add(Pass.FINETUNED);
    }
    passes.add(Pass.FINISH);
    return passes;
  }

  /** Returns whether the plan of any layer is such. */
  static boolean hasLayer(CalibrationRequest request, Predicate<LayerPlan> which) {
    return request.graph().layers().stream()
        .flatMap(layer -> request.plan().layer(layer.name()).stream())
        .anyMatch(which);
  }

  /** Returns the blocks that learn in a pass, each an actor of its own. */
  private BlockChain blocks(Pass learning) {
    return chains.computeIfAbsent(
        learning,
        pass ->
            new BlockChain(
                context,
                request.graph(),
                request.plan(),
                pass,
                constants,
                results.studentBefore(pass).with(request.curvature()),
                requireNonNull(actors).size()
                    + chains.values().stream().mapToInt(BlockChain::size).sum(),
                run));
  }

  /** Tells the layers what blocks have learned. */
  private void tellLayers(Candidate candidate) {
    RoundedNetwork student = results.student(candidate);
    for (Layer layer : request.graph().layers()) {
      RunEvent.Rounded learned = student.layers().get(layer.name());
      if (learned != null) {
        Encoding input = student.activations().get(layer.input());
        requireNonNull(actors)
            .tell(layer.name(), new StageActor.Learned(candidate, learned, input));
      }
    }
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
              Stream.concat(request.notes().stream(), results.notes().stream()).toList(),
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
                + stageOf(child.getRef())
                + ": "
                + RootCause.message(child.cause()), // Akka's own message names an actor's path
            Fault.of(child.cause())));
  }

  private StageId stageOf(ActorRef<?> actor) {
    return requireNonNull(actors)
        .stageOf(actor)
        .or(
            () ->
                chains.values().stream().flatMap(chain -> chain.stageOf(actor).stream()).findAny())
        .orElseThrow();
  }

  private Behavior<Command> fail(Throwable cause) {
    if (actors != null) {
      actors.cancel();
    }
    chains.values().forEach(BlockChain::cancel);
    failure =
        cause instanceof RuntimeException failed
            ? failed
            : new CalibrationException(String.valueOf(cause), Fault.of(cause));
    return Behaviors.stopped();
  }

  /** All stages have stopped; the outcome completes once their resources are released. */
  private Behavior<Command> stopped() {
    if (timer != null) {
      timer.cancel();
    }
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
