/** Quantizers: integer grid, encoding, quantize and dequantize. */
@NullMarked
package io.halfstep.quantizer;

import org.jspecify.annotations.NullMarked;
