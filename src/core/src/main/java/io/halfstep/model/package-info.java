/**
 * An ONNX file in memory, the transforms that leave its function unchanged, and the operators whose
 * weights are quantized.
 *
 * <p>What is particular to an operator is in one class, a {@link io.halfstep.model.LayerOperator},
 * listed in {@link io.halfstep.model.LayerOperators}. It is here, and not in the package of the
 * stages, because the folding asks first: which input is the weight, and to which output channel
 * each of its elements belongs. The packages behind, for stages, layers and export, read the model
 * anyway and ask the same object; with the operators there, this package would have to look up.
 */
@NullMarked
package io.halfstep.model;

import org.jspecify.annotations.NullMarked;
