package io.halfstep.calibration;

import static java.util.Objects.requireNonNull;

import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.ActorContext;
import io.halfstep.allocation.Allocation;
import io.halfstep.allocation.Assignment;
import io.halfstep.allocation.Bits;
import io.halfstep.allocation.Choice;
import io.halfstep.allocation.WidthProgramme;
import io.halfstep.calibration.CalibrationActor.Command;
import io.halfstep.graph.Layer;
import io.halfstep.plan.Budget;
import io.halfstep.plan.Drop;
import io.halfstep.plan.Plan.Sensitivity;
import io.halfstep.tensor.Tensor;
import io.halfstep.widths.CurvatureErrors;
import io.halfstep.widths.WidthCosts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * The second step of a run, if its plan has a budget: measures one layer after the other, or all by
 * gradients, and chooses their widths ([S] §3.2); with a limit of the loss instead of the cost, by
 * trials. The plan of the run then has the bits of each layer, and no budget. A run that resumes
 * finds the same from the same samples.
 */
final class WidthSearch {
  /** The time that a sample takes in a probe, relative to a run. */
  private static final double PROBE = 0.1;

  private final CalibrationRequest request;
  private final Budget budget;
  private final WidthCosts costs;
  private final Steps steps;
  private final Function<CalibrationRequest, Behavior<Command>> then;
  private final List<Layer> toMeasure;
  private final SearchProgress progress;
  private final double probe;
  private final Map<String, Choice> choices = new HashMap<>();

  private WidthSearch(
      CalibrationRequest request,
      Budget budget,
      WidthCosts costs,
      Steps steps,
      Function<CalibrationRequest, Behavior<Command>> then) {
    this.request = request;
    this.budget = budget;
    this.costs = costs;
    this.steps = steps;
    this.then = then;
    this.toMeasure =
        costs.allowed().layers().stream().filter(layer -> costs.of(layer).size() > 1).toList();
    long samples = request.expectedSamples();
    this.probe = samples > LayerProbe.SAMPLES ? PROBE * LayerProbe.SAMPLES / samples : PROBE;
    int trials = request.plan().maxDrop() == null ? 0 : DropSearch.TRIALS;
    int probes = sensitivity() == Sensitivity.OUTPUT ? toMeasure.size() : 1;
    this.progress = new SearchProgress(request.listener(), probes * probe + trials);
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
    if (budget == null) {
      return then.apply(request);
    }
    Steps steps = new Steps(context, outcome);
    var unused =
        steps.work(
            () -> {
              DropSearch.require(request);
              return new WidthCosts(request.graph(), request.plan(), budget);
            },
            costs -> new WidthSearch(request, budget, costs, steps, then).measure());
    return steps.behavior();
  }

  private Behavior<Command> measure() {
    return sensitivity() == Sensitivity.OUTPUT || toMeasure.isEmpty()
        ? measure(0)
        : steps.collect(
            CurvatureProbe.samples(request),
            () ->
                new CurvatureProbe<>(
                    request,
                    toMeasure.stream().map(WidthSearch::weight).toList(),
                    this::choices,
                    progress.measures("", probe)),
            found -> {
              choices.putAll(found);
              return measure(toMeasure.size());
            });
  }

  private static String weight(Layer layer) {
    return layer.node().getInput(1);
  }

  private Map<String, Choice> choices(Map<String, Tensor> curvature) {
    CurvatureErrors errors = new CurvatureErrors(costs, sensitivity());
    Map<String, Choice> found = new HashMap<>();
    for (Layer layer : toMeasure) {
      float[] ofWeight = requireNonNull(curvature.get(weight(layer))).floats();
      found.put(layer.name(), errors.choice(layer, ofWeight));
    }
    return found;
  }

  private Sensitivity sensitivity() {
    return request.plan().sensitivity();
  }

  private Behavior<Command> measure(int next) {
    if (next == toMeasure.size()) {
      return steps.work(() -> new WidthProgramme(together()), this::choose);
    }
    Layer layer = toMeasure.get(next);
    LayerProbe layerProbe =
        new LayerProbe(
            request, layer, costs.allowed().isOpen(layer), progress.measures(layer.name(), probe));
    return steps.run(
        layerProbe.request(),
        result -> {
          choices.put(layer.name(), layerProbe.choice(result, costs.of(layer)));
          return measure(next + 1);
        });
  }

  private List<Choice> together() {
    return costs.allowed().groups().stream()
        .map(group -> Choice.together(group.stream().map(this::choice).toList()))
        .toList();
  }

  /** The error of a layer whose bits the plan says is the same in every assignment. */
  private Choice choice(Layer layer) {
    Choice known = choices.get(layer.name());
    if (known != null) {
      return known;
    }
    Bits only = costs.of(layer).firstKey();
    long cost = requireNonNull(costs.of(layer).get(only));
    return new Choice(List.of(new Assignment(Map.of(layer.name(), only), cost, 0)));
  }

  private Behavior<Command> choose(WidthProgramme programme) {
    Drop drop = request.plan().maxDrop();
    return drop == null
        ? steps.work(
            () -> Allocation.within(budget.toString(), costs.unit(), programme, costs.limit()),
            this::run)
        : new DropSearch(request, drop, costs, programme, steps, progress, this::run).search();
  }

  private Behavior<Command> run(Allocation allocation) {
    return then.apply(
        request.toBuilder()
            .plan(costs.allowed().plan(allocation.chosen()))
            .allocation(allocation)
            .listener(progress.runs())
            .build());
  }
}
