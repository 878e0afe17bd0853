/** How far recent values have moved from those that a quantizer was calibrated with. */
@NullMarked
package io.halfstep.drift;

import org.jspecify.annotations.NullMarked;
