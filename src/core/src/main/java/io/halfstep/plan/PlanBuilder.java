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
  private int weightBits;
  private int activationBits;
  private Granularity granularity;
  private @Nullable WeightGrid weightGrid;
  private RoundingMethod rounding;
  private Effort effort;
  private Reach reach;
  private @Nullable WeightScales weightScales;
  private Schedule schedule;
  private RangeMethod weightRanges;
  private RangeMethod activationRanges;
  private long seed;
  private final List<LayerOverride> overrides;

  PlanBuilder(Plan plan) {
    weightBits = plan.weightBits();
    activationBits = plan.activationBits();
    granularity = plan.granularity();
    weightGrid = plan.weightGrid();
    rounding = plan.rounding();
    effort = plan.effort();
    reach = plan.reach();
    weightScales = plan.weightScales();
    schedule = plan.schedule();
    weightRanges = plan.weightRanges();
    activationRanges = plan.activationRanges();
    seed = plan.seed();
    overrides = new ArrayList<>(plan.overrides());
  }

  /** Bits per weight: 2 to 8. */
  public PlanBuilder weightBits(int weightBits) {
    this.weightBits = weightBits;
    return this;
  }

  /** Bits per activation: 2 to 8 or 16; 0 leaves activations in float. */
  public PlanBuilder activationBits(int activationBits) {
    this.activationBits = activationBits;
    return this;
  }

  /** Granularity of the weights' scales. */
  public PlanBuilder granularity(Granularity granularity) {
    this.granularity = granularity;
    return this;
  }

  /** Symmetric or asymmetric; null: symmetric, but asymmetric at 2 bits. */
  public PlanBuilder weightGrid(@Nullable WeightGrid weightGrid) {
    this.weightGrid = weightGrid;
    return this;
  }

  /** The solver. */
  public PlanBuilder rounding(RoundingMethod rounding) {
    this.rounding = rounding;
    return this;
  }

  /** How much time the solver takes for how little error. */
  public PlanBuilder effort(Effort effort) {
    this.effort = effort;
    return this;
  }

  /** Where the lattice and exact solvers may move a weight. */
  public PlanBuilder reach(Reach reach) {
    this.reach = reach;
    return this;
  }

  /** Kept or learned; null: kept, but learned at 2 bits. */
  public PlanBuilder weightScales(@Nullable WeightScales weightScales) {
    this.weightScales = weightScales;
    return this;
  }

  /** Wave or parallel. */
  public PlanBuilder schedule(Schedule schedule) {
    this.schedule = schedule;
    return this;
  }

  /** How weight scales are chosen. */
  public PlanBuilder weightRanges(RangeMethod weightRanges) {
    this.weightRanges = weightRanges;
    return this;
  }

  /** How activation ranges are chosen. */
  public PlanBuilder activationRanges(RangeMethod activationRanges) {
    this.activationRanges = activationRanges;
    return this;
  }

  /** Fixes every random choice. */
  public PlanBuilder seed(long seed) {
    this.seed = seed;
    return this;
  }

  /** Adds what differs for some layers; it wins over what was added before. */
  public PlanBuilder override(LayerOverride override) {
    overrides.add(override);
    return this;
  }

  /**
   * The plan.
   *
   * @throws io.halfstep.failure.InvalidInputException if a number of bits is out of range
   */
  public Plan build() {
    return new Plan(
        weightBits,
        activationBits,
        granularity,
        weightGrid,
        rounding,
        effort,
        reach,
        weightScales,
        schedule,
        weightRanges,
        activationRanges,
        seed,
        overrides);
  }
}
