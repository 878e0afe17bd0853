package io.halfstep.plan;

import io.halfstep.plan.Plan.ActivationGrid;
import io.halfstep.plan.Plan.BiasCorrection;
import io.halfstep.plan.Plan.Learn;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.plan.Plan.WeightScales;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Granularity.Unit;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.Target;
import io.halfstep.quantizer.Target.Rule;
import io.halfstep.quantizer.WeightLevels;
import io.halfstep.ranges.ActivationRangeMethod;
import io.halfstep.ranges.GivenRange;
import io.halfstep.ranges.WeightRangeMethod;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingMethod;
import org.jspecify.annotations.Nullable;

/**
 * How one layer's weight is quantized.
 *
 * @param values of {@link PlanSettings}, with the layer's overrides applied and the target's
 *     defaults
 */
public record LayerPlan(SettingValues values) {
  /** Returns the value of a setting that has a default. */
  public <T> T get(Setting<T> setting) {
    return values.get(setting);
  }

  /** Returns whether kernels of the runtime bound pairs of weights, if they multiply integers. */
  public boolean boundsPairs() {
    return get(PlanSettings.TARGET).has(Rule.BOUNDED_PAIRS)
        && bits() == Byte.SIZE
        && levels().isUniform()
        && granularity().unit() != Unit.BLOCK
        && activationBits() != 0
        && activationBits() <= Byte.SIZE;
  }

  /** Returns the bits per weight, or per index of a vector of weights. */
  public int bits() {
    int bits = get(PlanSettings.WEIGHTS);
    return levels().fixesBits() ? levels().indices(bits).bits() : bits;
  }

  /** Returns the levels that weights may take. */
  public WeightLevels levels() {
    return get(PlanSettings.WEIGHT_LEVELS);
  }

  /** Returns whether weights that are 0 stay 0. */
  public boolean keepsZeros() {
    return get(PlanSettings.KEEP_ZEROS);
  }

  /** Returns whether the bits per weight are still to be chosen. */
  public boolean isBudgeted() {
    return values.said(PlanSettings.BUDGET) != null || values.said(PlanSettings.MAX_DROP) != null;
  }

  /** Returns the plan with these bits per weight, which nothing changes. */
  public LayerPlan withBits(int bits) {
    return new LayerPlan(
        values
            .with(PlanSettings.WEIGHTS, bits)
            .with(PlanSettings.BUDGET, null)
            .with(PlanSettings.MAX_DROP, null));
  }

  /** Returns the plan with these bits of the layer's input. */
  public LayerPlan withActivationBits(int bits) {
    return new LayerPlan(values.with(PlanSettings.ACTIVATIONS, bits));
  }

  /**
   * Returns the bits of the layer's input, unless another layer that reads it has more; 0 leaves it
   * in float; {@link Target#DYNAMIC}.
   */
  public int activationBits() {
    return get(PlanSettings.ACTIVATIONS);
  }

  /**
   * Returns whether the layer's input is quantized over a range that calibration chooses, unless
   * another layer reads it in float.
   */
  public boolean quantizesInput() {
    return activationBits() > 0;
  }

  /** Returns whether the runtime is to choose the range of the layer's input, if it can. */
  public boolean hasDynamicInput() {
    return activationBits() == Target.DYNAMIC;
  }

  /** Returns whether the zero point of the layer's input must be 0. */
  public boolean symmetricInput() {
    return get(PlanSettings.ACTIVATION_GRID) != ActivationGrid.ASYMMETRIC;
  }

  /** Returns whether the integers of the layer's input are signed even if no value is negative. */
  public boolean signedInput() {
    return get(PlanSettings.ACTIVATION_GRID) == ActivationGrid.SIGNED;
  }

  /** Returns how the range of the layer's input is chosen. */
  public ActivationRangeMethod activationRanges() {
    return get(PlanSettings.ACTIVATION_RANGES);
  }

  /** Returns the encoding of the layer's input if it is given; null if calibration chooses it. */
  public @Nullable Encoding givenInput() {
    return activationRanges() instanceof GivenRange given ? given.encoding() : null;
  }

  /** Returns how many weights share a scale; per block only where the layer has blocks. */
  public Granularity granularity() {
    return get(PlanSettings.GRANULARITY);
  }

  /** Returns the weight's grid if its levels are uniform; zero points are 0 if it is signed. */
  public Grid weightGrid() {
    WeightGrid said = values.said(PlanSettings.WEIGHT_GRID);
    WeightGrid otherwise = bits() > 2 ? WeightGrid.SYMMETRIC : WeightGrid.ASYMMETRIC;
    return switch (said == null ? otherwise : said) {
      case SYMMETRIC -> Grid.signed(bits());
      case RESTRICTED -> Grid.restricted(bits());
      case ASYMMETRIC -> Grid.unsigned(bits());
    };
  }

  /** Returns how the scales are chosen. */
  public WeightRangeMethod ranges() {
    return get(PlanSettings.WEIGHT_RANGES);
  }

  /** Returns the encoding of the weight if it is given; null if it is to be chosen. */
  public @Nullable Encoding givenWeight() {
    return ranges() instanceof GivenRange given ? given.encoding() : null;
  }

  /** Returns the solver. */
  public RoundingMethod rounding() {
    return get(PlanSettings.ROUNDING);
  }

  /** Returns whether the solver optimizes the rounding. */
  public boolean isOptimized() {
    return !rounding().isBaseline();
  }

  /** Returns how much time the solver takes. */
  public Effort effort() {
    return get(PlanSettings.EFFORT);
  }

  /** Returns how far the lattice and exact solvers may move a weight. */
  public Reach reach() {
    return get(PlanSettings.REACH);
  }

  /** Returns whether the layer's bias is corrected. */
  public BiasCorrection biasCorrection() {
    return get(PlanSettings.BIAS_CORRECTION);
  }

  /**
   * Returns whether, in blocks or in the whole network, weight and bias are learned by gradient.
   */
  public boolean learns(Learn in) {
    return get(PlanSettings.LEARN).compareTo(in) >= 0
        && levels().isUniform()
        && givenWeight() == null
        && !boundsPairs();
  }

  /** Returns whether the solver may change scales and zero points, and the levels of codebooks. */
  public boolean learnsScales() {
    WeightScales said = values.said(PlanSettings.WEIGHT_SCALES);
    boolean learned =
        said == null ? bits() == 2 || !levels().isUniform() : said == WeightScales.LEARNED;
    return learned && givenWeight() == null;
  }
}
