package io.halfstep.calibration;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.ActorContext;
import io.halfstep.calibration.Wiring.Edge;
import io.halfstep.distribution.LayerInput;
import io.halfstep.distribution.LayerInputs;
import io.halfstep.flow.RunContext;
import io.halfstep.flow.StageSetup;
import io.halfstep.graph.Layer;
import io.halfstep.graph.Stage;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.graph.Stage.OperatorStage;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.StageId;
import io.halfstep.protocol.Target;
import io.halfstep.stage.ActivationPlan;
import io.halfstep.stage.ActivationPlan.Reader;
import io.halfstep.stage.EgressActor;
import io.halfstep.stage.IngressActor;
import io.halfstep.stage.LayerActor;
import io.halfstep.stage.OperatorActor;
import io.halfstep.stage.QuantizedInput;
import io.halfstep.stage.RoundedConstant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** An actor for each stage, connected as the stages are. */
final class ActorGraph {

  private final ActorContext<?> context;
  private final Wiring wiring;
  private final RunContext run;
  private final Map<Integer, ActorRef<StageActor.Command>> actors = new HashMap<>();
  private final Map<ActorRef<?>, StageId> stages = new HashMap<>();
  private final Map<String, ActorRef<StageActor.Command>> layers = new HashMap<>();

  private ActorGraph(ActorContext<?> context, Wiring wiring, RunContext run) {
    this.context = context;
    this.wiring = wiring;
    this.run = run;
  }

  /**
   * Spawns the stages as children, watched, from the last to the first: each knows its consumers.
   *
   * @param constants those that the student reads rounded
   */
  static ActorGraph spawn(
      ActorContext<?> context,
      CalibrationRequest request,
      List<RoundedConstant> constants,
      Wiring wiring,
      RunContext run) {
    ActorGraph graph = new ActorGraph(context, wiring, run);
    graph.spawn(request, constants);
    return graph;
  }

  private void spawn(CalibrationRequest request, List<RoundedConstant> constants) {
    Plan plan = request.plan();
    List<Stage> order = request.graph().stages();
    Map<String, LayerPlan> shared = sharedPlans(constants);
    Map<String, LayerInput> implied = LayerInputs.of(request.graph(), request.assumedInputs());
    Map<Integer, Map<String, ActivationPlan>> activations =
        activations(request, shared.keySet(), implied);
    List<String> outputs =
        request.graph().model().outputs().stream().map(port -> port.name()).toList();
    add(wiring.egress(), EgressActor.create(outputs, setup(wiring.egress())));
    for (int node = order.size() - 1; node >= 0; node--) {
      StageSetup setup = setup(node);
      Map<String, ActivationPlan> quantized = activations.getOrDefault(node, Map.of());
      add(
          node,
          order.get(node) instanceof LayerStage layer
              ? LayerActor.create(
                  layer,
                  Optional.ofNullable(shared.get(layer.name()))
                      .or(() -> plan.layer(layer.name()))
                      .orElse(null),
                  plan.seed() + 31L * node,
                  implied.get(layer.name()),
                  quantized,
                  setup)
              : OperatorActor.create((OperatorStage) order.get(node), quantized, constants, setup));
    }
    add(
        Wiring.INGRESS,
        IngressActor.create(
            activations.getOrDefault(Wiring.INGRESS, Map.of()), setup(Wiring.INGRESS)));
  }

  private StageSetup setup(int node) {
    List<Boolean> waits = wiring.into(node).stream().map(Edge::waits).toList();
    return new StageSetup(wiring.id(node), run, waits, targets(wiring.outOf(node)));
  }

  private void add(int node, Behavior<StageActor.Command> behavior) {
    ActorRef<StageActor.Command> actor = context.spawn(behavior, wiring.id(node).label());
    context.watch(actor);
    actors.put(node, actor);
    stages.put(actor, wiring.id(node));
    layers.put(wiring.id(node).name(), actor);
  }

  /** Returns the plans of the layers whose integers other nodes read, too. */
  private static Map<String, LayerPlan> sharedPlans(List<RoundedConstant> constants) {
    Map<String, LayerPlan> plans = new HashMap<>();
    for (RoundedConstant constant : constants) {
      Layer layer = constant.constant().layer();
      if (layer != null && constant.isShared()) {
        plans.put(layer.name(), constant.plan());
      }
    }
    return plans;
  }

  /**
   * @param fixed layers whose weights take no factors of their inputs
   */
  private static Map<Integer, Map<String, ActivationPlan>> activations(
      CalibrationRequest request, Set<String> fixed, Map<String, LayerInput> implied) {
    Plan plan = request.plan();
    Map<String, QuantizedInput> inputs = QuantizedInput.of(request.graph(), plan);
    Map<Integer, Map<String, ActivationPlan>> activations = new HashMap<>();
    Wiring.quantizedActivations(request.graph(), plan)
        .forEach(
            (tensor, node) -> {
              QuantizedInput input = Objects.requireNonNull(inputs.get(tensor));
              activations
                  .computeIfAbsent(node, n -> new TreeMap<>())
                  .put(
                      tensor,
                      input.activationPlan(
                          request.graph().sites().areAll()
                              ? List.of() // other readers have no weights
                              : equalized(node, input, fixed),
                          input.readers().isEmpty()
                              ? null
                              : implied.get(input.readers().get(0).layer().name())));
            });
    return activations;
  }

  /** The histograms of the graph's inputs are compared with those of other runs. */
  private static List<Reader> equalized(int node, QuantizedInput input, Set<String> fixed) {
    boolean fits =
        node != Wiring.INGRESS
            && !input.plan().signedInput()
            && input.plan().givenInput() == null
            && input.readers().stream()
                .allMatch(
                    reader ->
                        reader.layer().multipliesChannels()
                            && reader.plan().givenWeight() == null
                            && !fixed.contains(reader.layer().name()));
    return fits ? input.readers() : List.of();
  }

  private List<Target> targets(List<Edge> edges) {
    List<Target> targets = new ArrayList<>();
    for (Edge edge : edges) {
      ActorRef<StageActor.Command> consumer = Objects.requireNonNull(actors.get(edge.consumer()));
      targets.add(new Target(consumer, edge.inlet(), edge.tensors()));
    }
    return targets;
  }

  /** Returns the actor where batches enter. */
  ActorRef<StageActor.Command> ingress() {
    return Objects.requireNonNull(actors.get(Wiring.INGRESS));
  }

  /** Returns the number of stages. */
  int size() {
    return actors.size();
  }

  /** Tells all stages that the run has ended. */
  void cancel() {
    actors.values().forEach(actor -> actor.tell(new StageActor.Cancel()));
  }

  /** Tells a layer what a block has learned for it. */
  void tell(String layer, StageActor.Learned learned) {
    Objects.requireNonNull(layers.get(layer)).tell(learned);
  }

  /** Returns the stage of an actor; empty if it is of another graph. */
  Optional<StageId> stageOf(ActorRef<?> actor) {
    return Optional.ofNullable(stages.get(actor));
  }
}
