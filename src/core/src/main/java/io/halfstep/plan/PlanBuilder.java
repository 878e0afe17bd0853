package io.halfstep.plan;

import io.halfstep.plan.Plan.ActivationGrid;
import io.halfstep.plan.Plan.BiasCorrection;
import io.halfstep.plan.Plan.Equalize;
import io.halfstep.plan.Plan.Learn;
import io.halfstep.plan.Plan.Quantize;
import io.halfstep.plan.Plan.Schedule;
import io.halfstep.plan.Plan.Sensitivity;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.plan.Plan.WeightScales;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Target;
import io.halfstep.quantizer.WeightLevels;
import io.halfstep.ranges.ActivationRangeMethod;
import io.halfstep.ranges.WeightRangeMethod;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingMethod;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Changes settings of a {@link Plan}; created by {@link Plan#toBuilder}. */
public final class PlanBuilder {
  private SettingValues values;
  private final List<LayerOverride> overrides;
  private final List<TensorOverride> tensors;

  PlanBuilder(Plan plan) {
    values = plan.values();
    overrides = new ArrayList<>(plan.overrides());
    tensors = new ArrayList<>(plan.tensors());
  }

  /**
   * Sets any of {@link PlanSettings#ALL}.
   *
   * @param value null for the default
   * @throws io.halfstep.failure.InvalidInputException if it is out of bounds
   */
  public <T> PlanBuilder set(Setting<T> setting, @Nullable T value) {
    if (!PlanSettings.ALL.contains(setting)) {
      throw new IllegalArgumentException(setting + " is not a setting of a plan");
    }
    values = values.with(setting, value);
    return this;
  }

  /** Sets the file with encodings that are given; null: there is none. */
  public PlanBuilder encodingsIn(@Nullable Path file) {
    return set(PlanSettings.ENCODINGS_IN, file);
  }

  /** Sets the bits per weight: 2 to 8. */
  public PlanBuilder weightBits(int weightBits) {
    return set(PlanSettings.WEIGHTS, weightBits);
  }

  /** Sets what the weights may cost; null: every layer has the bits that the plan says. */
  public PlanBuilder budget(@Nullable Budget budget) {
    return set(PlanSettings.BUDGET, budget);
  }

  /** Sets what the network may lose; null: nothing is tried. */
  public PlanBuilder maxDrop(@Nullable Drop drop) {
    return set(PlanSettings.MAX_DROP, drop);
  }

  /** Sets how the choice of widths tells what fewer bits of a layer lose; null: as by default. */
  public PlanBuilder sensitivity(@Nullable Sensitivity sensitivity) {
    return set(PlanSettings.SENSITIVITY, sensitivity);
  }

  /**
   * Sets the bits per activation: 2 to 8 or 16; 0 leaves activations in float; {@link
   * io.halfstep.quantizer.Target#DYNAMIC} leaves ranges to the runtime.
   */
  public PlanBuilder activationBits(int activationBits) {
    return set(PlanSettings.ACTIVATIONS, activationBits);
  }

  /** Sets the granularity of the weights' scales. */
  public PlanBuilder granularity(Granularity granularity) {
    return set(PlanSettings.GRANULARITY, granularity);
  }

  /** Sets the weights' grid; null: asymmetric at 2 bits, symmetric otherwise. */
  public PlanBuilder weightGrid(@Nullable WeightGrid weightGrid) {
    return set(PlanSettings.WEIGHT_GRID, weightGrid);
  }

  /** Sets the levels that weights may take. */
  public PlanBuilder weightLevels(WeightLevels levels) {
    return set(PlanSettings.WEIGHT_LEVELS, levels);
  }

  /** Sets whether weights that are 0 stay 0. */
  public PlanBuilder keepZeros(boolean keep) {
    return set(PlanSettings.KEEP_ZEROS, keep);
  }

  /** Sets the activations' grid; null: as the target wants it. */
  public PlanBuilder activationGrid(@Nullable ActivationGrid activationGrid) {
    return set(PlanSettings.ACTIVATION_GRID, activationGrid);
  }

  /** Sets the solver. */
  public PlanBuilder rounding(RoundingMethod rounding) {
    return set(PlanSettings.ROUNDING, rounding);
  }

  /** Sets the trade-off between the solver's time and error. */
  public PlanBuilder effort(Effort effort) {
    return set(PlanSettings.EFFORT, effort);
  }

  /** Sets how far the lattice and exact solvers may move a weight. */
  public PlanBuilder reach(Reach reach) {
    return set(PlanSettings.REACH, reach);
  }

  /** Sets what chooses the scales; null: learned at 2 bits, kept otherwise. */
  public PlanBuilder weightScales(@Nullable WeightScales weightScales) {
    return set(PlanSettings.WEIGHT_SCALES, weightScales);
  }

  /** Sets whether the biases of layers are corrected. */
  public PlanBuilder biasCorrection(BiasCorrection correction) {
    return set(PlanSettings.BIAS_CORRECTION, correction);
  }

  /** Sets what is learned by gradient once layers are rounded. */
  public PlanBuilder learn(Learn learn) {
    return set(PlanSettings.LEARN, learn);
  }

  /** Sets which layers are equalized before they are quantized. */
  public PlanBuilder equalize(Equalize equalize) {
    return set(PlanSettings.EQUALIZE, equalize);
  }

  /** Sets whether high biases are absorbed by the next layer before layers are quantized. */
  public PlanBuilder absorbBias(boolean absorb) {
    return set(PlanSettings.ABSORB_BIAS, absorb);
  }

  /** Sets which activations are quantized; null: as the target wants it. */
  public PlanBuilder quantize(@Nullable Quantize quantize) {
    return set(PlanSettings.QUANTIZE, quantize);
  }

  /** Sets the bits of embedding tables: 8 or 4; 0 leaves them in float. */
  public PlanBuilder embeddingBits(int embeddingBits) {
    return set(PlanSettings.EMBEDDINGS, embeddingBits);
  }

  /** Sets the runtime that executes the model. */
  public PlanBuilder target(Target target) {
    return set(PlanSettings.TARGET, target);
  }

  /** Sets the order in which layers learn. */
  public PlanBuilder schedule(Schedule schedule) {
    return set(PlanSettings.SCHEDULE, schedule);
  }

  /** Sets how weight scales are chosen. */
  public PlanBuilder weightRanges(WeightRangeMethod weightRanges) {
    return set(PlanSettings.WEIGHT_RANGES, weightRanges);
  }

  /** Sets how activation ranges are chosen. */
  public PlanBuilder activationRanges(ActivationRangeMethod activationRanges) {
    return set(PlanSettings.ACTIVATION_RANGES, activationRanges);
  }

  /** Sets the seed of every random choice. */
  public PlanBuilder seed(long seed) {
    return set(PlanSettings.SEED, seed);
  }

  /** Adds an override for some layers; it wins over earlier ones. */
  public PlanBuilder override(LayerOverride override) {
    overrides.add(override);
    return this;
  }

  /** Adds an override for some activations; it wins over earlier ones. */
  public PlanBuilder override(TensorOverride override) {
    tensors.add(override);
    return this;
  }

  /** Builds the plan. */
  public Plan build() {
    return new Plan(values, overrides, tensors);
  }
}
