package io.halfstep.analysis;

import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.BiasCorrection;
import io.halfstep.plan.Plan.Equalize;
import io.halfstep.plan.PlanBuilder;
import io.halfstep.plan.PlanSettings;
import io.halfstep.plan.Setting;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Granularity.Unit;
import io.halfstep.quantizer.Target;
import io.halfstep.quantizer.Target.Rule;
import io.halfstep.ranges.ActivationRangeMethod;
import io.halfstep.ranges.RangeMethods;
import io.halfstep.rounding.RoundingMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The remedies that a plan does not have yet and its target takes. */
final class Remedies {
  private static final List<String> RANGES = List.of("mse", "minmax", "percentile:99.99");
  private static final Granularity BLOCKS = Granularity.block(32);
  private static final int FINE = 16;
  private static final int FEW = 3;

  private final Plan plan;
  private final List<Remedy> all = new ArrayList<>();

  private Remedies(Plan plan) {
    this.plan = plan;
  }

  /**
   * Returns the remedies.
   *
   * @param byWeight the quantized layers, those whose weights cost most first
   * @param byInput the layers, those behind which quantized activations cost most first; empty if
   *     activations are in float
   */
  static List<Remedy> of(Plan plan, List<String> byWeight, List<String> byInput) {
    Remedies remedies = new Remedies(plan);
    if (!byInput.isEmpty() && plan.activationBits() != Target.DYNAMIC) {
      remedies.addRanges();
    }
    remedies.addForWeights();
    remedies.addBits(byWeight);
    if (!byInput.isEmpty() && plan.target().activationBits().contains(FINE)) {
      remedies.addActivationBits(byInput);
    }
    return remedies.all;
  }

  private void addRanges() {
    for (String text : RANGES) {
      ActivationRangeMethod method = RangeMethods.OF_ACTIVATIONS.parse(text);
      if (!plan.activationRanges().label().equals(method.label())) {
        add(PlanSettings.ACTIVATION_RANGES, method, true);
      }
    }
  }

  private void addForWeights() {
    for (Equalize pairs : List.of(Equalize.RELU, Equalize.CLIP)) {
      if (plan.equalize().compareTo(pairs) < 0) {
        add(PlanSettings.EQUALIZE, pairs, true);
      }
    }
    if (plan.get(PlanSettings.BIAS_CORRECTION) != BiasCorrection.EMPIRICAL) {
      add(PlanSettings.BIAS_CORRECTION, BiasCorrection.EMPIRICAL, true);
    }
    if (plan.rounding().isBaseline()) {
      add(PlanSettings.ROUNDING, RoundingMethod.LATTICE, true);
    }
    Unit unit = plan.granularity().unit();
    if (unit == Unit.TENSOR) {
      add(PlanSettings.GRANULARITY, Granularity.CHANNEL, true);
    }
    if (unit != Unit.BLOCK && !plan.target().has(Rule.NO_BLOCKS)) {
      add(PlanSettings.GRANULARITY, BLOCKS, false);
    }
  }

  private void addBits(List<String> byWeight) {
    int most = Parts.mostBits(plan);
    List<String> worst = few(byWeight, layer -> layer.isBudgeted() || layer.bits() < most);
    addForLayers("%d bits for the weights of".formatted(most), PlanSettings.WEIGHTS, most, worst);
  }

  private void addActivationBits(List<String> byInput) {
    List<String> worst =
        few(byInput, layer -> layer.quantizesInput() && layer.activationBits() < FINE);
    addForLayers(
        "%d bits for the inputs of".formatted(FINE), PlanSettings.ACTIVATIONS, FINE, worst);
    if (plan.activationBits() > 0 && plan.activationBits() < FINE) {
      add(PlanSettings.ACTIVATIONS, FINE, false);
    }
  }

  private List<String> few(List<String> layers, Predicate<LayerPlan> which) {
    return layers.stream()
        .filter(name -> plan.layer(name).filter(which).isPresent())
        .limit(FEW)
        .toList();
  }

  private <T> void add(Setting<T> setting, T value, boolean free) {
    String part = setting.part().isEmpty() ? "" : setting.part() + "=";
    all.add(
        new Remedy(
            "--%s %s%s".formatted(setting.group(), part, setting.syntax().write(value)),
            setting,
            List.of(),
            free,
            before -> before.toBuilder().set(setting, value).build()));
  }

  private <T> void addForLayers(String what, Setting<T> setting, T value, List<String> layers) {
    if (!layers.isEmpty()) {
      all.add(
          new Remedy(
              "%s %d layer%s".formatted(what, layers.size(), layers.size() == 1 ? "" : "s"),
              setting,
              layers,
              false,
              before -> {
                PlanBuilder plan = before.toBuilder();
                layers.forEach(
                    layer -> plan.override(LayerOverride.of(layer).with(setting, value)));
                return plan.build();
              }));
    }
  }
}
