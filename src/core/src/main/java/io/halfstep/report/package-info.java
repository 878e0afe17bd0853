/** What a quantization cost, as one HTML page with pictures. */
@NullMarked
package io.halfstep.report;

import org.jspecify.annotations.NullMarked;
