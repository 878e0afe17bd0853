/**
 * From weights, moments and an encoding to integers: the solvers.
 *
 * <p>Each row of a layer is a problem of its own ({@link io.halfstep.rounding.RowProblem}): the
 * closest vector of a lattice, in the metric of the inputs' second moments.
 */
@NullMarked
package io.halfstep.rounding;

import org.jspecify.annotations.NullMarked;
