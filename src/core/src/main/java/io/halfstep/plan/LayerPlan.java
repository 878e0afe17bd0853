package io.halfstep.plan;

import io.halfstep.quantizer.Granularity;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingMethod;

/**
 * How one layer's weight is quantized.
 *
 * @param bits the bit width, 2 to 8
 * @param granularity how many weights share a scale; per block only where the layer has blocks
 * @param symmetric whether every zero point is 0
 * @param ranges how the scales are chosen
 * @param rounding the solver
 * @param effort how much time the solver takes
 * @param reach where the lattice and exact solvers may move a weight
 * @param learnsScales whether the solver may choose other scales and zero points
 */
public record LayerPlan(
    int bits,
    Granularity granularity,
    boolean symmetric,
    RangeMethod ranges,
    RoundingMethod rounding,
    Effort effort,
    Reach reach,
    boolean learnsScales) {
  /**
   * @throws io.halfstep.failure.InvalidInputException if the bits are out of range
   */
  public LayerPlan {
    Plan.checkWeightBits(bits, "weights");
  }
}
