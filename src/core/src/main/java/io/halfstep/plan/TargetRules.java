package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan.ActivationGrid;
import io.halfstep.plan.Plan.Quantize;
import io.halfstep.quantizer.Granularity.Unit;
import io.halfstep.quantizer.Target;
import io.halfstep.quantizer.Target.Rule;
import java.util.Collection;
import java.util.stream.Collectors;

/**
 * What a plan's target makes of its settings: defaults for the unset ones, limits for the others.
 */
final class TargetRules {
  private TargetRules() {}

  /** Returns the values with the target's defaults where nothing is set. */
  static SettingValues complete(SettingValues values) {
    Target target = values.get(PlanSettings.TARGET);
    return values.over(
        SettingValues.NONE
            .with(PlanSettings.WEIGHTS, target.weightBits().get(0))
            .with(PlanSettings.ACTIVATIONS, target.activationBits().get(0))
            .with(
                PlanSettings.ACTIVATION_GRID,
                target.has(Rule.SIGNED_ACTIVATIONS)
                    ? ActivationGrid.SIGNED
                    : ActivationGrid.ASYMMETRIC)
            .with(
                PlanSettings.QUANTIZE,
                target.has(Rule.ALL_ACTIVATIONS) ? Quantize.ALL : Quantize.LAYERS));
  }

  /**
   * Checks the settings of layers.
   *
   * @throws InvalidInputException if the target does not execute such a model
   */
  static void require(Plan plan, Collection<String> layerNames) {
    Target target = plan.target();
    if (target.has(Rule.ALL_ACTIVATIONS) && plan.quantize() != Quantize.ALL) {
      throw refused(target, PlanSettings.QUANTIZE, plan.quantize(), "", "all");
    }
    for (String name : layerNames) {
      plan.layer(name).ifPresent(layer -> require(target, layer, " for layer '" + name + "'"));
    }
    LayerPlan usual = new LayerPlan(plan.completed());
    for (TensorOverride override : plan.tensors()) {
      requireActivation(
          target,
          new LayerPlan(override.values().over(usual.values())),
          " for tensor '" + override.pattern() + "'");
    }
  }

  private static void require(Target target, LayerPlan layer, String where) {
    boolean uniform = layer.levels().isUniform();
    if (uniform && !target.weightBits().contains(layer.bits())) {
      throw refused(target, PlanSettings.WEIGHTS, layer.bits(), where, bits(target.weightBits()));
    }
    if (uniform && target.has(Rule.SYMMETRIC_WEIGHTS) && !layer.weightGrid().isSigned()) {
      throw refused(
          target,
          PlanSettings.WEIGHT_GRID,
          Plan.WeightGrid.ASYMMETRIC,
          where,
          "symmetric or restricted");
    }
    if (target.has(Rule.NO_BLOCKS) && layer.granularity().unit() == Unit.BLOCK) {
      throw refused(
          target, PlanSettings.GRANULARITY, layer.granularity(), where, "channel or tensor");
    }
    requireActivation(target, layer, where);
  }

  private static void requireActivation(Target target, LayerPlan layer, String where) {
    if (!target.activationBits().contains(layer.activationBits())) {
      throw refused(
          target,
          PlanSettings.ACTIVATIONS,
          layer.activationBits(),
          where,
          bits(target.activationBits()));
    }
    if (target.has(Rule.SIGNED_ACTIVATIONS) && !layer.signedInput()) {
      throw refused(
          target,
          PlanSettings.ACTIVATION_GRID,
          layer.get(PlanSettings.ACTIVATION_GRID),
          where,
          "signed");
    }
  }

  private static String bits(Collection<Integer> bits) {
    return bits.stream()
        .map(PlanSettings.ACTIVATIONS.syntax()::write)
        .collect(Collectors.joining(" or "));
  }

  private static <T> InvalidInputException refused(
      Target target, Setting<T> setting, T found, String where, String expected) {
    return new InvalidInputException(
        "plan: %s = %s%s contradicts target = %s, which takes %s: leave %s out or change it, or choose another target"
            .formatted(
                setting, setting.syntax().write(found), where, target.label(), expected, setting));
  }
}
