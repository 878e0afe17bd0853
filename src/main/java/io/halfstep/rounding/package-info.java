/** From weights, moments and an encoding to integers: the solvers. */
@NullMarked
package io.halfstep.rounding;

import org.jspecify.annotations.NullMarked;
