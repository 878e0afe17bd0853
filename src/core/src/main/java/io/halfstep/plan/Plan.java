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
 * @param weightBits 2 to 8
 * @param activationBits 2 to 8 or 16; 0 leaves activations in float
 * @param granularity of the weights' scales
 * @param weightGrid symmetric or asymmetric; null: symmetric, but asymmetric at 2 bits
 * @param rounding the solver
 * @param effort how much time the solver takes
 * @param reach where the lattice and exact solvers may move a weight
 * @param weightScales kept or learned; null: kept, but learned at 2 bits
 * @param schedule wave or parallel
 * @param weightRanges how weight scales are chosen
 * @param activationRanges how activation ranges are chosen
 * @param seed fixes every random choice
 * @param overrides later ones win
 */
public record Plan(
    int weightBits,
    int activationBits,
    Granularity granularity,
    @Nullable WeightGrid weightGrid,
    RoundingMethod rounding,
    Effort effort,
    Reach reach,
    @Nullable WeightScales weightScales,
    Schedule schedule,
    RangeMethod weightRanges,
    RangeMethod activationRanges,
    long seed,
    List<LayerOverride> overrides) {

  /** Four bits per channel, activations at eight, learned by the lattice solver in a wave. */
  public static final Plan DEFAULT =
      new Plan(
          4,
          8,
          Granularity.CHANNEL,
          null,
          RoundingMethod.LATTICE,
          Effort.NORMAL,
          Reach.GRID,
          null,
          Schedule.WAVE,
          new RangeMethod.Mse(),
          new RangeMethod.Mse(),
          0,
          List.of());

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

  /**
   * @throws InvalidInputException if a number of bits is out of range
   */
  public Plan {
    checkWeightBits(weightBits, "weights");
    if (activationBits != 0 && activationBits != 16 && (activationBits < 2 || activationBits > 8)) {
      throw new InvalidInputException(
          "activations: found " + activationBits + " bits, expected 2 to 8, or 16, or float (0)");
    }
    overrides = List.copyOf(overrides);
  }

  static void checkWeightBits(int bits, String of) {
    if (bits < 2 || bits > 8) {
      throw new InvalidInputException(of + ": found " + bits + " bits, expected 2 to 8");
    }
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
    int bits = weightBits;
    Granularity layerGranularity = granularity;
    RoundingMethod layerRounding = rounding;
    WeightGrid grid = weightGrid;
    Reach layerReach = reach;
    boolean skip = false;
    for (LayerOverride override : overrides) {
      if (override.matches(name)) {
        bits = override.bits() == null ? bits : override.bits();
        layerGranularity =
            override.granularity() == null ? layerGranularity : override.granularity();
        layerRounding = override.rounding() == null ? layerRounding : override.rounding();
        grid = override.weightGrid() == null ? grid : override.weightGrid();
        layerReach = override.reach() == null ? layerReach : override.reach();
        skip = override.skip() == null ? skip : override.skip();
      }
    }
    boolean symmetric = grid == null ? bits > 2 : grid == WeightGrid.SYMMETRIC;
    boolean learnsScales = weightScales == null ? bits == 2 : weightScales == WeightScales.LEARNED;
    return skip
        ? Optional.empty()
        : Optional.of(
            new LayerPlan(
                bits,
                layerGranularity,
                symmetric,
                weightRanges,
                layerRounding,
                effort,
                layerReach,
                learnsScales));
  }
}
