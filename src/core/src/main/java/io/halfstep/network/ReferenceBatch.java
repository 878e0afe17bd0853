package io.halfstep.network;

import io.halfstep.tensor.Mask;
import io.halfstep.tensor.Tensor;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A batch with the outputs of both networks, for a comparison with the exported model.
 *
 * @param inputs the graph's inputs by name
 * @param teacher the graph's floating-point outputs by name, in FLOAT, of the float network
 * @param student the same of the quantized network
 * @param mask of the padding in it; null for samples without
 */
public record ReferenceBatch(
    Map<String, Tensor> inputs,
    Map<String, Tensor> teacher,
    Map<String, Tensor> student,
    @Nullable Mask mask) {}
