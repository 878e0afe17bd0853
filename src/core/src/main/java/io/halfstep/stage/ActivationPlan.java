package io.halfstep.stage;

import io.halfstep.ranges.RangeMethod;

/**
 * The quantization of an activation tensor.
 *
 * @param bits the bit width
 * @param ranges the range method
 */
public record ActivationPlan(int bits, RangeMethod ranges) {}
