package io.halfstep.calibration;

import akka.stream.javadsl.Source;
import io.halfstep.distribution.ClippedNormal;
import io.halfstep.distribution.LayerInputs;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.plan.DataSettings;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.BiasCorrection;
import io.halfstep.plan.Plan.Learn;
import io.halfstep.plan.Plan.Quantize;
import io.halfstep.plan.PlanSettings;
import io.halfstep.plan.Setting;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.solver.Rounders;
import io.halfstep.source.InputPort;
import io.halfstep.source.Normalization;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A run without samples ([D]): ranges and moments are those that the model's batch norms imply. A
 * layer of whose input they tell nothing is rounded to nearest, and its input stays in float.
 */
public final class WithoutSamples {
  private static final List<Setting<?>> OF_SAMPLES =
      List.of(DataSettings.IMAGE, DataSettings.MASK, DataSettings.SAMPLES, DataSettings.BATCH);

  private WithoutSamples() {}

  /**
   * Returns the request of a run.
   *
   * @param data the normalization of the samples that the model is used with; it tells the range of
   *     an input
   * @throws InvalidInputException if a setting needs samples
   */
  public static CalibrationRequest.Builder request(StageGraph graph, Plan plan, DataSettings data) {
    for (Setting<?> setting : OF_SAMPLES) {
      if (data.values().said(setting) != null) {
        throw new InvalidInputException(
            "%s: there are no samples that it could apply to: add data, or leave it out"
                .formatted(setting.group()));
      }
    }
    check(plan);
    graph.layers().forEach(layer -> plan.layer(layer.name()).ifPresent(how -> check(layer, how)));
    return CalibrationRequest.of(graph, plan, first -> Source.empty())
        .withoutSamples(inputs(graph.model(), data));
  }

  private static void check(Plan plan) {
    if (plan.quantize() != Quantize.LAYERS) {
      throw new InvalidInputException(
          "quantize %s needs samples, and there are none: add data, or set quantize to layers"
              .formatted(PlanSettings.QUANTIZE.syntax().write(plan.quantize())));
    }
    if (plan.budget() != null) {
      throw new InvalidInputException(
          "budget and max-drop need samples, and there are none: add data, or use weights instead");
    }
  }

  private static void check(Layer layer, LayerPlan plan) {
    if (Rounders.of(plan.rounding(), plan.effort()).usesSamples(layer.activation())) {
      throw new InvalidInputException(
          "layer '%s': rounding %s needs samples, and there are none: add data, or use lattice"
              .formatted(layer.name(), plan.rounding().label()));
    }
    if (plan.get(PlanSettings.LEARN) != Learn.OFF) {
      throw new InvalidInputException(
          "layer '%s': learn needs samples, and there are none: add data, e.g. synthetic, or set"
                  .formatted(layer.name())
              + " learn to off");
    }
    if (plan.biasCorrection() == BiasCorrection.EMPIRICAL) {
      throw new InvalidInputException(
          "layer '%s': bias-correction empirical needs samples, and there are none: add data, or"
                  .formatted(layer.name())
              + " use analytic");
    }
  }

  /** An input that is normalized has mean 0 and deviation 1, and the range of an image's values. */
  private static Map<String, ClippedNormal> inputs(Model model, DataSettings data) {
    Normalization normalization = Datasets.normalization(data.normalization());
    List<InputPort> ports = Datasets.ports(model);
    normalization.check(ports);
    Map<String, ClippedNormal> inputs = new HashMap<>();
    for (InputPort port : ports) {
      normalization
          .ofImages(port)
          .ifPresent(
              bounds ->
                  inputs.put(
                      port.name(),
                      ClippedNormal.standard(bounds.lowest().length)
                          .clipped(bounds.lowest(), bounds.highest())));
    }
    return inputs;
  }

  /** Returns the plan for a network whose inputs are known as far as assumed. */
  static Plan plan(Plan plan, StageGraph graph, Map<String, ClippedNormal> assumed) {
    Map<String, ?> known = LayerInputs.of(graph, assumed);
    List<LayerOverride> overrides = new ArrayList<>(plan.overrides());
    for (Layer layer : graph.layers()) {
      if (!known.containsKey(layer.name())) {
        LayerOverride nearest = LayerOverride.of(layer.name()).rounding(RoundingMethod.NEAREST);
        boolean hasRange =
            plan.layer(layer.name())
                .filter(how -> how.quantizesInput() && how.givenInput() == null)
                .isPresent();
        overrides.add(hasRange ? nearest.activationBits(0) : nearest);
      }
    }
    return new Plan(plan.values(), overrides, plan.tensors());
  }
}
