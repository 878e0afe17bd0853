package io.halfstep.calibration;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.ChildFailed;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.typed.javadsl.ActorSink;
import io.halfstep.calibration.Wiring.Edge;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Stage;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.graph.Stage.OperatorStage;
import io.halfstep.layer.Activation;
import io.halfstep.layer.ActivationPlan;
import io.halfstep.layer.EgressActor;
import io.halfstep.layer.IngressActor;
import io.halfstep.layer.Item;
import io.halfstep.layer.LayerActor;
import io.halfstep.layer.MemoryBudget;
import io.halfstep.layer.OperatorActor;
import io.halfstep.layer.Pass;
import io.halfstep.layer.RunContext;
import io.halfstep.layer.RunEvent;
import io.halfstep.layer.StageActor;
import io.halfstep.layer.Target;
import io.halfstep.plan.Plan;
import io.halfstep.source.SampleBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One run: makes an actor of each stage, streams the passes through them, and gathers what they
 * find.
 */
public final class CalibrationActor {
  /** A message to a run. */
  public interface Command {}

  /** Stop. */
  public enum Cancel implements Command, StageActor.Local {
    INSTANCE
  }

  private record Event(RunEvent event) implements Command, StageActor.Local {}

  private final ActorContext<Command> context;
  private final CalibrationRequest request;
  private final CompletableFuture<CalibrationResult> outcome;
  private final ForkJoinPool workers;
  private final RunContext run;
  private final ActorRef<StageActor.Command> ingress;
  private final Findings findings;
  private final ProgressTracker progress;
  private Pass pass;
  private @Nullable CalibrationResult result;
  private @Nullable RuntimeException failure;

  private CalibrationActor(
      ActorContext<Command> context,
      CalibrationRequest request,
      CompletableFuture<CalibrationResult> outcome) {
    this.context = context;
    this.request = request;
    this.outcome = outcome;
    this.workers = new ForkJoinPool(request.threads());
    this.run =
        new RunContext(
            context.messageAdapter(RunEvent.class, Event::new),
            workers,
            context.getSystem().dispatchers().lookup(DispatcherSelector.blocking()),
            new MemoryBudget(request.memoryBytes()),
            request.spoolDirectory(),
            request.edgeCredit(),
            new AtomicBoolean(),
            new ConcurrentLinkedQueue<>());
    this.findings = new Findings(request.graph(), request.plan());
    this.progress = new ProgressTracker(request, run.memory());
    this.ingress = spawnStages();
    this.pass = first();
  }

  /**
   * A run.
   *
   * @param outcome completed with what the run found, or why it did not
   */
  public static Behavior<Command> create(
      CalibrationRequest request, CompletableFuture<CalibrationResult> outcome) {
    return Behaviors.setup(
        context -> {
          try {
            CalibrationActor actor = new CalibrationActor(context, request, outcome);
            actor.stream(actor.pass);
            return actor.running();
          } catch (RuntimeException e) {
            outcome.completeExceptionally(e);
            return Behaviors.stopped();
          }
        });
  }

  private Pass first() {
    return request.plan().schedule() == Plan.Schedule.PARALLEL ? Pass.LEARN : Pass.OBSERVE;
  }

  private Behavior<Command> running() {
    return Behaviors.receive(Command.class)
        .onMessage(Event.class, this::onEvent)
        .onMessageEquals(Cancel.INSTANCE, this::onCancel)
        .onSignal(ChildFailed.class, this::onChildFailed)
        .onSignal(PostStop.class, signal -> stopped())
        .build();
  }

  /** Spawns the stages from the last to the first, so that each knows its consumers. */
  private ActorRef<StageActor.Command> spawnStages() {
    Plan plan = request.plan();
    List<Stage> stages = request.graph().stages();
    Wiring wiring = new Wiring(request.graph(), plan);
    Map<Integer, Map<String, ActivationPlan>> activations = new HashMap<>();
    Wiring.quantizedActivations(request.graph(), plan)
        .forEach(
            (tensor, node) ->
                activations
                    .computeIfAbsent(node, n -> new TreeMap<>())
                    .put(
                        tensor,
                        new ActivationPlan(plan.activationBits(), plan.activationRanges())));
    Map<Integer, ActorRef<StageActor.Command>> actors = new HashMap<>();
    List<String> outputs =
        request.graph().model().outputs().stream().map(port -> port.name()).toList();
    actors.put(
        wiring.egress(),
        spawn(EgressActor.create(outputs, run, waits(wiring.into(wiring.egress()))), "output"));
    for (int node = stages.size() - 1; node >= 0; node--) {
      Stage stage = stages.get(node);
      List<Boolean> waits = waits(wiring.into(node));
      List<Target> targets = targets(wiring.outOf(node), actors);
      Map<String, ActivationPlan> quantized = activations.getOrDefault(node, Map.of());
      Behavior<StageActor.Command> behavior =
          stage instanceof LayerStage layer
              ? LayerActor.create(
                  layer,
                  plan.layer(layer.name()).orElse(null),
                  plan.seed() + 31L * node,
                  quantized,
                  run,
                  waits,
                  targets)
              : OperatorActor.create((OperatorStage) stage, quantized, run, waits, targets);
      actors.put(node, spawn(behavior, node + "-" + actorName(stage.name())));
    }
    return spawn(
        IngressActor.create(
            activations.getOrDefault(Wiring.INGRESS, Map.of()),
            run,
            targets(wiring.outOf(Wiring.INGRESS), actors)),
        "input");
  }

  private ActorRef<StageActor.Command> spawn(Behavior<StageActor.Command> behavior, String name) {
    ActorRef<StageActor.Command> actor = context.spawn(behavior, name);
    context.watch(actor);
    return actor;
  }

  private static String actorName(String stage) {
    return stage.replaceAll("[^A-Za-z0-9._-]", "_");
  }

  private static List<Boolean> waits(List<Edge> edges) {
    return edges.stream().map(Edge::waits).toList();
  }

  private static List<Target> targets(
      List<Edge> edges, Map<Integer, ActorRef<StageActor.Command>> actors) {
    List<Target> targets = new ArrayList<>();
    for (Edge edge : edges) {
      targets.add(
          new Target(
              java.util.Objects.requireNonNull(actors.get(edge.consumer())),
              edge.inlet(),
              edge.tensors()));
    }
    return targets;
  }

  private void stream(Pass next) {
    pass = next;
    findings.begin();
    progress.begin(next);
    request
        .source()
        .map(CalibrationActor::batch)
        .runWith(
            ActorSink.actorRefWithBackpressure(
                ingress,
                IngressActor.Next::new,
                demand -> new IngressActor.Begin(next, demand),
                IngressActor.Ready.INSTANCE,
                IngressActor.Complete.INSTANCE,
                IngressActor.Broken::new),
            context.getSystem());
  }

  private static Item.Batch batch(SampleBatch samples) {
    SortedMap<String, Activation> activations = new TreeMap<>();
    samples.inputs().forEach((name, tensor) -> activations.put(name, Activation.shared(tensor)));
    return new Item.Batch(samples.id(), samples.samples(), activations);
  }

  private Behavior<Command> onEvent(Event message) {
    RunEvent event = message.event();
    if (event instanceof RunEvent.Failed failed) {
      return fail(failure(failed));
    }
    findings.add(event);
    progress.add(event);
    if (event instanceof RunEvent.PassCompleted completed && completed.samples() == 0) {
      return fail(
          new InvalidInputException(
              "no calibration sample was accepted; rejected: " + request.rejected().get()));
    }
    return findings.isComplete(pass) ? nextPass() : Behaviors.same();
  }

  private static RuntimeException failure(RunEvent.Failed failed) {
    if (failed.invalidInput()) {
      return new InvalidInputException(failed.message());
    }
    String batch = failed.batch() < 0 ? "" : ", batch " + failed.batch();
    return new CalibrationException("stage " + failed.stage() + batch + ": " + failed.message());
  }

  private Behavior<Command> nextPass() {
    switch (pass) {
      case OBSERVE -> stream(Pass.ROUND);
      case ROUND, LEARN -> stream(Pass.FINISH);
      case FINISH -> {
        result =
            new CalibrationResult(
                findings.network(request.rejected().get()), run.memory().spooledBytes());
        return Behaviors.stopped();
      }
    }
    return Behaviors.same();
  }

  private Behavior<Command> onCancel() {
    return fail(new CancellationException("cancelled"));
  }

  private Behavior<Command> onChildFailed(ChildFailed child) {
    return fail(
        new CalibrationException(
            "stage " + child.getRef().path().name() + ": " + child.cause().getMessage()));
  }

  private Behavior<Command> fail(RuntimeException cause) {
    run.cancelled().set(true);
    failure = cause;
    return Behaviors.stopped();
  }

  /** All stages have stopped; once they have let go of what they held, the outcome is known. */
  private Behavior<Command> stopped() {
    run.cancelled().set(true);
    CompletableFuture<Void> allClosed =
        CompletableFuture.allOf(run.closing().toArray(CompletableFuture<?>[]::new));
    var unused =
        allClosed.whenComplete(
            (closed, ignored) -> {
              workers.shutdown();
              if (result != null) {
                outcome.complete(result);
              } else {
                outcome.completeExceptionally(
                    failure != null ? failure : new CancellationException("stopped"));
              }
            });
    return Behaviors.same();
  }
}
