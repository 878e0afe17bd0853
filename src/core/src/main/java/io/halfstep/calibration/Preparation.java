package io.halfstep.calibration;

import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.Materializer;
import akka.stream.javadsl.Sink;
import io.halfstep.calibration.CalibrationActor.Cancel;
import io.halfstep.calibration.CalibrationActor.Command;
import io.halfstep.encodings.GivenEncodings;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Equalize;
import io.halfstep.plan.Plan.Quantize;
import io.halfstep.protocol.StageActor;
import io.halfstep.statistics.BatchNormStatistics;
import io.halfstep.transform.BiasAbsorption;
import io.halfstep.transform.CrossLayerEqualization;
import io.halfstep.transform.ObservedOutputs;
import io.halfstep.transform.PairedLayers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The first step of a run, which changes the network before it is quantized. If it has layers in
 * the branches of {@code If} nodes, passes over the samples tell which branches they take; with
 * live samples, that lasts until all are there. Then layers are equalized, high biases absorbed,
 * and the activations found that an integer runtime needs, if the plan says so. A file of encodings
 * is read. A run that resumes finds the same from the same samples.
 */
final class Preparation {
  /** Samples that tell of outputs what no batch norm does. */
  private static final int OBSERVED = 256;

  private record Prepared(@Nullable CalibrationRequest request, @Nullable Throwable failure)
      implements Command, StageActor.Local {}

  private final CalibrationRequest request;
  private final CompletableFuture<CalibrationResult> outcome;
  private final Function<CalibrationRequest, Behavior<Command>> then;
  private final Executor io;
  private final Materializer materializer;
  private final CompletableFuture<CalibrationRequest> prepared;

  private Preparation(
      ActorContext<Command> context,
      CalibrationRequest request,
      CompletableFuture<CalibrationResult> outcome,
      Function<CalibrationRequest, Behavior<Command>> then) {
    this.request = request;
    this.outcome = outcome;
    this.then = then;
    this.io = context.getSystem().dispatchers().lookup(DispatcherSelector.blocking());
    this.materializer = Materializer.createMaterializer(context); // streams end with the actor
    this.prepared =
        decide(request.graph())
            .thenComposeAsync(
                decided -> {
                  PairedLayers pairs = pairs(decided);
                  return observe(decided, pairs)
                      .thenApplyAsync(observed -> changed(decided, pairs, observed), io);
                },
                io);
    context.pipeToSelf(prepared, Prepared::new);
  }

  /**
   * Creates the step.
   *
   * @param outcome of the run; completed here if this step fails
   * @param then the behavior of the run, given the request with the changed network
   */
  static Behavior<Command> of(
      ActorContext<Command> context,
      CalibrationRequest request,
      CompletableFuture<CalibrationResult> outcome,
      Function<CalibrationRequest, Behavior<Command>> then) {
    boolean changes =
        !request.graph().undecided().isEmpty()
            || request.plan().transforms()
            || request.plan().quantize() != Quantize.LAYERS
            || !request.plan().tensors().isEmpty()
            || request.plan().encodingsIn() != null
            || !request.hasSamples();
    return changes
        ? new Preparation(context, request, outcome, then).preparing()
        : then.apply(request);
  }

  private Behavior<Command> preparing() {
    return Behaviors.receive(Command.class)
        .onMessage(Prepared.class, this::onPrepared)
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

  /** Finds what absorption has to know of outputs, from the first samples. */
  private CompletionStage<Map<String, BatchNormStatistics>> observe(
      StageGraph graph, @Nullable PairedLayers pairs) {
    List<Layer> unknown =
        pairs != null
                && request.plan().absorbsBias()
                && request.hasSamples()
                && request.mask() == null
            ? new BiasAbsorption(pairs).unknown()
            : List.of();
    if (unknown.isEmpty()) {
      return CompletableFuture.completedFuture(Map.of());
    }
    HeldBack samples = new HeldBack(request.source(), request.inputs());
    ObservedOutputs outputs = new ObservedOutputs(graph, unknown);
    return samples
        .first(OBSERVED, 0)
        .map(batch -> samples.only(false, batch))
        .filter(batch -> batch.samples() > 0)
        .mapAsync(1, batch -> CompletableFuture.runAsync(() -> outputs.add(batch.inputs()), io))
        .runWith(Sink.ignore(), materializer)
        .thenApply(done -> outputs.statistics())
        .whenComplete((statistics, failure) -> outputs.close());
  }

  private CalibrationRequest changed(
      StageGraph decided, @Nullable PairedLayers pairs, Map<String, BatchNormStatistics> observed) {
    Path file = request.plan().encodingsIn();
    GivenEncodings given = file == null ? GivenEncodings.NONE : GivenEncodings.read(file);
    Map<String, String> inputs = inputs(decided);
    Plan ofLayers =
        given
            .ofActivations(given.ofWeights(request.plan(), decided), inputs.values())
            .withInputs(inputs);
    StageGraph withSites =
        withSites(pairs == null ? decided : transformed(pairs, observed), ofLayers);
    request.plan().requireTensors(tensors(withSites));
    Plan plan = given.ofActivations(ofLayers, withSites.sites().tensors());
    given.require(plan, withSites);
    StageGraph graph = withSites.withoutSites(plan::leavesInFloat);
    return request.toBuilder()
        .graph(graph)
        .given(given)
        .notes(notes(pairs, observed))
        .plan(
            request.hasSamples() ? plan : WithoutSamples.plan(plan, graph, request.assumedInputs()))
        .build();
  }

  /** Returns the name of each layer's input. */
  private static Map<String, String> inputs(StageGraph graph) {
    Map<String, String> inputs = new LinkedHashMap<>();
    graph.layers().forEach(layer -> inputs.put(layer.name(), layer.input()));
    return inputs;
  }

  /** Returns the activations that the plan may quantize. */
  private static Set<String> tensors(StageGraph graph) {
    Set<String> tensors = new TreeSet<>();
    graph.layers().forEach(layer -> tensors.add(layer.input()));
    graph.sites().sites().forEach(site -> tensors.addAll(site.tensors()));
    return tensors;
  }

  /** Returns the layers that may be changed in pairs; null if the plan says nothing of it. */
  private @Nullable PairedLayers pairs(StageGraph graph) {
    Plan plan = request.plan();
    return plan.transforms() ? PairedLayers.of(graph, plan.equalize() == Equalize.CLIP) : null;
  }

  private StageGraph transformed(PairedLayers pairs, Map<String, BatchNormStatistics> observed) {
    if (request.plan().equalize() != Equalize.OFF) {
      CrossLayerEqualization.apply(pairs);
    }
    if (request.plan().absorbsBias()) {
      new BiasAbsorption(pairs).apply(observed);
    }
    return pairs.graph();
  }

  private List<String> notes(
      @Nullable PairedLayers pairs, Map<String, BatchNormStatistics> observed) {
    if (pairs == null) {
      return List.of();
    }
    List<String> notes = new ArrayList<>(pairs.notes());
    List<Layer> unknown = new BiasAbsorption(pairs).unknown();
    if (request.plan().absorbsBias() && !unknown.isEmpty() && observed.isEmpty()) {
      notes.add(
          "high biases are not absorbed behind layers of which no batch norm and no samples without padding tell: "
              + unknown.stream().map(Layer::name).collect(Collectors.joining(", ")));
    }
    return notes;
  }

  private static StageGraph withSites(StageGraph graph, Plan plan) {
    return switch (plan.quantize()) {
      case LAYERS -> graph;
      case PRODUCTS -> graph.withProducts();
      case ALL ->
          graph.inIntegers(
              layer -> plan.layer(layer.name()).filter(LayerPlan::quantizesInput).isPresent());
    };
  }

  private Behavior<Command> onPrepared(Prepared message) {
    if (message.request() != null) {
      return then.apply(message.request());
    }
    Throwable failure = message.failure();
    outcome.completeExceptionally(
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure);
    return Behaviors.stopped();
  }

  /** The outcome completes only after this step has ended its use of the source. */
  private Behavior<Command> onCancel() {
    var unused =
        prepared.whenComplete(
            (changed, failure) ->
                outcome.completeExceptionally(new CancellationException("cancelled")));
    return Behaviors.stopped();
  }
}
