/** Models raised to a newer version of ONNX's operators, one version after the other. */
@NullMarked
package io.halfstep.export.opset;

import org.jspecify.annotations.NullMarked;
