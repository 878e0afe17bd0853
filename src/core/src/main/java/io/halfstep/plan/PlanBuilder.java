package io.halfstep.plan;

import io.halfstep.plan.Plan.Schedule;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.plan.Plan.WeightScales;
import io.halfstep.quantizer.Granularity;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingMethod;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Changes single settings of a {@link Plan}; made by {@link Plan#toBuilder}. */
public final class PlanBuilder {
  private SettingValues values;
  private final List<LayerOverride> overrides;

  PlanBuilder(Plan plan) {
    values = plan.values();
    overrides = new ArrayList<>(plan.overrides());
  }

  /**
   * Sets any of {@link PlanSettings#ALL}.
   *
   * @param value null: as by default
   * @throws io.halfstep.failure.InvalidInputException if it is out of bounds
   */
  public <T> PlanBuilder set(Setting<T> setting, @Nullable T value) {
    if (!PlanSettings.ALL.contains(setting)) {
      throw new IllegalArgumentException(setting + " is not a setting of a plan");
    }
    values = values.with(setting, value);
    return this;
  }

  /** Bits per weight: 2 to 8. */
  public PlanBuilder weightBits(int weightBits) {
    return set(PlanSettings.WEIGHTS, weightBits);
  }

  /** Bits per activation: 2 to 8 or 16; 0 leaves activations in float. */
  public PlanBuilder activationBits(int activationBits) {
    return set(PlanSettings.ACTIVATIONS, activationBits);
  }

  /** Granularity of the weights' scales. */
  public PlanBuilder granularity(Granularity granularity) {
    return set(PlanSettings.GRANULARITY, granularity);
  }

  /** Symmetric or asymmetric; null: symmetric, but asymmetric at 2 bits. */
  public PlanBuilder weightGrid(@Nullable WeightGrid weightGrid) {
    return set(PlanSettings.WEIGHT_GRID, weightGrid);
  }

  /** The solver. */
  public PlanBuilder rounding(RoundingMethod rounding) {
    return set(PlanSettings.ROUNDING, rounding);
  }

  /** How much time the solver takes for how little error. */
  public PlanBuilder effort(Effort effort) {
    return set(PlanSettings.EFFORT, effort);
  }

  /** Where the lattice and exact solvers may move a weight. */
  public PlanBuilder reach(Reach reach) {
    return set(PlanSettings.REACH, reach);
  }

  /** Kept or learned; null: kept, but learned at 2 bits. */
  public PlanBuilder weightScales(@Nullable WeightScales weightScales) {
    return set(PlanSettings.WEIGHT_SCALES, weightScales);
  }

  /** Wave or parallel. */
  public PlanBuilder schedule(Schedule schedule) {
    return set(PlanSettings.SCHEDULE, schedule);
  }

  /** How weight scales are chosen. */
  public PlanBuilder weightRanges(RangeMethod weightRanges) {
    return set(PlanSettings.WEIGHT_RANGES, weightRanges);
  }

  /** How activation ranges are chosen. */
  public PlanBuilder activationRanges(RangeMethod activationRanges) {
    return set(PlanSettings.ACTIVATION_RANGES, activationRanges);
  }

  /** Fixes every random choice. */
  public PlanBuilder seed(long seed) {
    return set(PlanSettings.SEED, seed);
  }

  /** Adds what differs for some layers; it wins over what was added before. */
  public PlanBuilder override(LayerOverride override) {
    overrides.add(override);
    return this;
  }

  /** The plan. */
  public Plan build() {
    return new Plan(values, overrides);
  }
}
