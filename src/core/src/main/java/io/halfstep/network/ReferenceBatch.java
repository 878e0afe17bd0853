package io.halfstep.network;

import io.halfstep.tensor.Mask;
import io.halfstep.tensor.Tensor;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A batch with the outputs of both networks, for a comparison with the exported model.
 *
 * @param inputs the graph's inputs by name
 * @param teacher the float network's floating-point outputs by name, in FLOAT
 * @param student the same of the quantized network
 * @param mask of the batch's padding; null if the model has none
 */
public record ReferenceBatch(
    Map<String, Tensor> inputs,
    Map<String, Tensor> teacher,
    Map<String, Tensor> student,
    @Nullable Mask mask) {}
