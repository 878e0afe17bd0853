/** The report on a quantization: one HTML page with figures. */
@NullMarked
package io.halfstep.report;

import org.jspecify.annotations.NullMarked;
