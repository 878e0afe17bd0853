package io.halfstep.learning;

import io.halfstep.graph.Layer;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A quantized layer of a block, before learning.
 *
 * @param layer the layer
 * @param weight its integers
 * @param bias its bias in the student; null if it has none
 * @param learns whether its weight and bias are learned
 * @param keepsZeros whether weights that are 0 stay 0
 */
public record BlockLayer(
    Layer layer,
    QuantizedWeight weight,
    @Nullable Tensor bias,
    boolean learns,
    boolean keepsZeros) {}
