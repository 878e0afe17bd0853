/**
 * Moves out of the bodies of {@code If}, {@code Loop} and {@code Scan} what can be quantized: the
 * taken branch of an {@code If}, which moves in again, and constants.
 */
@NullMarked
package io.halfstep.branch;

import org.jspecify.annotations.NullMarked;
