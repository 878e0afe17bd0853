package io.halfstep.stage;

import io.halfstep.ranges.RangeMethod;

/**
 * How an activation tensor is quantized.
 *
 * @param bits the bit width
 * @param ranges how its range is chosen
 */
public record ActivationPlan(int bits, RangeMethod ranges) {}
