package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.Granularity.Unit;
import io.halfstep.quantizer.Target.Rule;
import io.halfstep.quantizer.WeightLevels;
import io.halfstep.rounding.RoundingMethod;
import java.util.Collection;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a plan's levels of weights make of its other settings: limits for them. */
final class LevelRules {
  private static final Set<RoundingMethod> SOLVERS =
      Set.of(RoundingMethod.LATTICE, RoundingMethod.EXACT, RoundingMethod.NEAREST);

  private LevelRules() {}

  /**
   * Checks the settings of layers.
   *
   * @throws InvalidInputException if settings contradict each other
   */
  static void require(Plan plan, Collection<String> layerNames) {
    requireTogether(plan.values(), "");
    plan.overrides().forEach(o -> requireTogether(o.values(), " for layer '" + o.pattern() + "'"));
    for (String name : layerNames) {
      plan.layer(name).ifPresent(layer -> require(plan, layer, " for layer '" + name + "'"));
    }
  }

  /** Checks settings given in one place; elsewhere, some layers may have other levels. */
  private static void requireTogether(SettingValues values, String where) {
    WeightLevels levels = values.said(PlanSettings.WEIGHT_LEVELS);
    if (levels == null || levels.isUniform()) {
      return;
    }
    refuse(values, PlanSettings.WEIGHT_GRID, levels, where);
    if (levels.fixesBits()) {
      refuse(values, PlanSettings.WEIGHTS, levels, where);
    }
  }

  private static <T> void refuse(
      SettingValues values, Setting<T> setting, WeightLevels levels, String where) {
    @Nullable T said = values.said(setting);
    if (said != null) {
      throw refused(setting, said, where, levels, "decides that itself");
    }
  }

  private static void require(Plan plan, LayerPlan layer, String where) {
    WeightLevels levels = layer.levels();
    if (layer.keepsZeros() && !levels.canHoldZero()) {
      throw refused(PlanSettings.KEEP_ZEROS, true, where, levels, "has no level 0");
    }
    if (levels.isUniform()) {
      return;
    }
    if (plan.budget() != null) {
      throw refused(PlanSettings.BUDGET, plan.budget(), where, levels, "has one width");
    }
    if (layer.granularity().unit() == Unit.BLOCK) {
      throw refused(
          PlanSettings.GRANULARITY, layer.granularity(), where, levels, "takes channel or tensor");
    }
    if (!SOLVERS.contains(layer.rounding())) {
      throw refused(
          PlanSettings.ROUNDING,
          layer.rounding(),
          where,
          levels,
          "takes lattice, exact or nearest");
    }
    if (!plan.target().has(Rule.ONNX_RUNTIME)) {
      throw refused(
          PlanSettings.TARGET,
          plan.target(),
          where,
          levels,
          "takes onnxruntime-cpu, onnxruntime-cpu-avx2 or weight-only");
    }
  }

  private static <T> InvalidInputException refused(
      Setting<T> setting, T found, String where, WeightLevels levels, String expected) {
    return new InvalidInputException(
        "plan: %s = %s%s contradicts weight-levels = %s, which %s: leave %s out or change it, or choose other levels"
            .formatted(
                setting, setting.syntax().write(found), where, levels.label(), expected, setting));
  }
}
