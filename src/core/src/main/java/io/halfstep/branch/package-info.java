/** Moves the branch of an {@code If} out, so that its layers can be quantized, and in again. */
@NullMarked
package io.halfstep.branch;

import org.jspecify.annotations.NullMarked;
