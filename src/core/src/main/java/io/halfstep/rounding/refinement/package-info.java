/**
 * Row refinement: moves of single weights that lower the error behind the activation function, on
 * stored samples. It starts from the solution of any other solver.
 */
@NullMarked
package io.halfstep.rounding.refinement;

import org.jspecify.annotations.NullMarked;
