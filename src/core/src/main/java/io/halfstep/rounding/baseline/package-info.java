/** The baselines that the other solvers are compared with: nearest and stochastic rounding. */
@NullMarked
package io.halfstep.rounding.baseline;

import org.jspecify.annotations.NullMarked;
