/** One run: spawns the actor graph and drives its passes. */
@NullMarked
package io.halfstep.calibration;

import org.jspecify.annotations.NullMarked;
