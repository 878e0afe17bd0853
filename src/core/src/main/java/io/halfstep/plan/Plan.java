package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.Granularity;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingMethod;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the user asks of a run, for all layers, with overrides for some.
 *
 * @param values of {@link PlanSettings}; what is not said is as by default
 * @param overrides later ones win
 */
public record Plan(SettingValues values, List<LayerOverride> overrides) {
  private static final SettingValues DEFAULTS = SettingValues.defaults(PlanSettings.ALL);

  /** Four bits per channel, activations at eight, learned by the lattice solver in a wave. */
  public static final Plan DEFAULT = new Plan(SettingValues.NONE, List.of());

  /** Whether a weight's zero points are 0. */
  public enum WeightGrid {
    SYMMETRIC,
    ASYMMETRIC
  }

  /** Who chooses a weight's scales and zero points. */
  public enum WeightScales {
    /** The range method alone, from the weight. */
    KEPT,
    /** The range method proposes, the solver decides, by the layer's reconstruction error. */
    LEARNED
  }

  /** The order in which layers learn. */
  public enum Schedule {
    /** Layer after layer, from a student whose preceding layers are all rounded ([A] eq. 25). */
    WAVE,
    /** All layers at once, from the teacher's inputs ([A] eq. 21). */
    PARALLEL
  }

  /** What is not said is as by default. */
  public Plan {
    values = values.only(PlanSettings.ALL).over(DEFAULTS);
    overrides = List.copyOf(overrides);
  }

  /** The value of a setting that has a default. */
  public <T> T get(Setting<T> setting) {
    return values.get(setting);
  }

  /** Bits per weight. */
  public int weightBits() {
    return get(PlanSettings.WEIGHTS);
  }

  /** Bits per activation; 0 leaves activations in float. */
  public int activationBits() {
    return get(PlanSettings.ACTIVATIONS);
  }

  /** Granularity of the weights' scales. */
  public Granularity granularity() {
    return get(PlanSettings.GRANULARITY);
  }

  /** Null: symmetric, but asymmetric at 2 bits. */
  public @Nullable WeightGrid weightGrid() {
    return values.said(PlanSettings.WEIGHT_GRID);
  }

  /** The solver. */
  public RoundingMethod rounding() {
    return get(PlanSettings.ROUNDING);
  }

  /** How much time the solver takes. */
  public Effort effort() {
    return get(PlanSettings.EFFORT);
  }

  /** Where the lattice and exact solvers may move a weight. */
  public Reach reach() {
    return get(PlanSettings.REACH);
  }

  /** Null: kept, but learned at 2 bits. */
  public @Nullable WeightScales weightScales() {
    return values.said(PlanSettings.WEIGHT_SCALES);
  }

  /** The order in which layers learn. */
  public Schedule schedule() {
    return get(PlanSettings.SCHEDULE);
  }

  /** How weight scales are chosen. */
  public RangeMethod weightRanges() {
    return get(PlanSettings.WEIGHT_RANGES);
  }

  /** How activation ranges are chosen. */
  public RangeMethod activationRanges() {
    return get(PlanSettings.ACTIVATION_RANGES);
  }

  /** Fixes every random choice. */
  public long seed() {
    return get(PlanSettings.SEED);
  }

  /** A builder that starts as this plan: {@code Plan.DEFAULT.toBuilder().weightBits(3).build()}. */
  public PlanBuilder toBuilder() {
    return new PlanBuilder(this);
  }

  /** The patterns of overrides that match none of a network's layers: misspelt, most likely. */
  public List<String> unmatched(List<String> layerNames) {
    return overrides.stream()
        .filter(override -> layerNames.stream().noneMatch(override::matches))
        .map(LayerOverride::pattern)
        .toList();
  }

  /**
   * Holds the plan against a network.
   *
   * @param network for messages
   * @throws InvalidInputException if an override matches no layer, or if every layer is skipped
   */
  public void requireLayers(String network, List<String> layerNames) {
    List<String> unmatched = unmatched(layerNames);
    if (!unmatched.isEmpty()) {
      throw new InvalidInputException(
          "plan: no layer of %s is named '%s'; 'halfstep inspect' lists them"
              .formatted(network, String.join("', '", unmatched)));
    }
    if (layerNames.stream().noneMatch(name -> layer(name).isPresent())) {
      throw new InvalidInputException("plan: skips every layer; nothing is left to quantize");
    }
  }

  /** How the layer of this name is quantized; empty where it is to be left in float. */
  public Optional<LayerPlan> layer(String name) {
    SettingValues ofLayer = values;
    for (LayerOverride override : overrides) {
      if (override.matches(name)) {
        ofLayer = override.values().over(ofLayer);
      }
    }
    return ofLayer.get(PlanSettings.SKIP) ? Optional.empty() : Optional.of(new LayerPlan(ofLayer));
  }
}
