/**
 * ONNX models in memory, transforms that leave their function unchanged, and the operators whose
 * weights are quantized.
 *
 * <p>Everything specific to an operator is in one class, a {@link io.halfstep.model.LayerOperator},
 * listed in {@link io.halfstep.model.LayerOperators}. It is in this package because folding already
 * needs it: which input is the weight, and to which output channel each of its elements belongs.
 * The packages for stages, layers and export depend on this one and use the same object.
 */
@NullMarked
package io.halfstep.model;

import org.jspecify.annotations.NullMarked;
