/** An ONNX file in memory, and the transforms that leave its function unchanged. */
@NullMarked
package io.halfstep.model;

import org.jspecify.annotations.NullMarked;
