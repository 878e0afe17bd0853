/**
 * A quantized network as a standard ONNX model, checked in the runtime that will execute it, and
 * its encodings as JSON.
 */
@NullMarked
package io.halfstep.export;

import org.jspecify.annotations.NullMarked;
