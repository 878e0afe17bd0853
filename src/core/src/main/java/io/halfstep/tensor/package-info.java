/** Tensors, their files, the bridge to ONNX Runtime, and patch extraction (im2col). */
@NullMarked
package io.halfstep.tensor;

import org.jspecify.annotations.NullMarked;
