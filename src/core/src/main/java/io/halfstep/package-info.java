/** Quantization of ONNX models by a graph of actors, as a library. */
@NullMarked
package io.halfstep;

import org.jspecify.annotations.NullMarked;
