package io.halfstep.layer;

import io.halfstep.ranges.RangeMethod;

/**
 * How an activation tensor is quantized.
 *
 * @param bits the bit width
 * @param ranges how its range is chosen
 */
public record ActivationPlan(int bits, RangeMethod ranges) {}
