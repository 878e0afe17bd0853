package io.halfstep.calibration;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.ActorContext;
import io.halfstep.calibration.Wiring.Edge;
import io.halfstep.flow.RunContext;
import io.halfstep.graph.Stage;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.graph.Stage.OperatorStage;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.Target;
import io.halfstep.stage.ActivationPlan;
import io.halfstep.stage.EgressActor;
import io.halfstep.stage.IngressActor;
import io.halfstep.stage.LayerActor;
import io.halfstep.stage.OperatorActor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** An actor for each stage, connected as the stages are. */
final class ActorGraph {

  private final ActorContext<?> context;
  private final RunContext run;
  private final Map<Integer, ActorRef<StageActor.Command>> actors = new HashMap<>();
  private final Map<String, String> stages = new HashMap<>();

  private ActorGraph(ActorContext<?> context, RunContext run) {
    this.context = context;
    this.run = run;
  }

  /**
   * Spawns the stages as children, watched, from the last to the first: each knows its consumers.
   */
  static ActorGraph spawn(
      ActorContext<?> context, CalibrationRequest request, Wiring wiring, RunContext run) {
    ActorGraph graph = new ActorGraph(context, run);
    graph.spawn(request, wiring);
    return graph;
  }

  private void spawn(CalibrationRequest request, Wiring wiring) {
    Plan plan = request.plan();
    List<Stage> order = request.graph().stages();
    Map<Integer, Map<String, ActivationPlan>> activations = activations(request);
    List<String> outputs =
        request.graph().model().outputs().stream().map(port -> port.name()).toList();
    int egress = wiring.egress();
    add(egress, "output", EgressActor.create(outputs, run, waits(wiring.into(egress))));
    for (int node = order.size() - 1; node >= 0; node--) {
      Stage stage = order.get(node);
      List<Boolean> waits = waits(wiring.into(node));
      List<Target> targets = targets(wiring.outOf(node));
      Map<String, ActivationPlan> quantized = activations.getOrDefault(node, Map.of());
      add(
          node,
          stage.name(),
          stage instanceof LayerStage layer
              ? LayerActor.create(
                  layer,
                  plan.layer(layer.name()).orElse(null),
                  plan.seed() + 31L * node,
                  quantized,
                  run,
                  waits,
                  targets)
              : OperatorActor.create((OperatorStage) stage, quantized, run, waits, targets));
    }
    add(
        Wiring.INGRESS,
        IngressActor.NAME,
        IngressActor.create(
            activations.getOrDefault(Wiring.INGRESS, Map.of()),
            run,
            targets(wiring.outOf(Wiring.INGRESS))));
  }

  private void add(int node, String stage, Behavior<StageActor.Command> behavior) {
    String name = Wiring.actor(node, stage);
    ActorRef<StageActor.Command> actor = context.spawn(behavior, name);
    context.watch(actor);
    actors.put(node, actor);
    stages.put(name, stage);
  }

  private static Map<Integer, Map<String, ActivationPlan>> activations(CalibrationRequest request) {
    Plan plan = request.plan();
    Map<Integer, Map<String, ActivationPlan>> activations = new HashMap<>();
    Wiring.quantizedActivations(request.graph(), plan)
        .forEach(
            (tensor, node) ->
                activations
                    .computeIfAbsent(node, n -> new TreeMap<>())
                    .put(
                        tensor,
                        new ActivationPlan(plan.activationBits(), plan.activationRanges())));
    return activations;
  }

  private static List<Boolean> waits(List<Edge> edges) {
    return edges.stream().map(Edge::waits).toList();
  }

  private List<Target> targets(List<Edge> edges) {
    List<Target> targets = new ArrayList<>();
    for (Edge edge : edges) {
      ActorRef<StageActor.Command> consumer = Objects.requireNonNull(actors.get(edge.consumer()));
      targets.add(new Target(consumer, edge.inlet(), edge.tensors()));
    }
    return targets;
  }

  /** Where batches enter. */
  ActorRef<StageActor.Command> ingress() {
    return Objects.requireNonNull(actors.get(Wiring.INGRESS));
  }

  /** The number of stages. */
  int size() {
    return actors.size();
  }

  /** The name of an actor's stage. */
  String stageOf(ActorRef<?> actor) {
    String name = actor.path().name();
    return stages.getOrDefault(name, name);
  }
}
