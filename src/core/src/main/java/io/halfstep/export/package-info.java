/** What a run leaves behind: the quantized ONNX model, its encodings, the report. */
@NullMarked
package io.halfstep.export;

import org.jspecify.annotations.NullMarked;
