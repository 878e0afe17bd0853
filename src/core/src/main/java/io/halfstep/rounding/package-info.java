/**
 * The rounding problem of a layer, and the interface of its solvers.
 *
 * <p>Each row of a weight is a problem of its own: find the closest vector of a lattice in the norm
 * that the second moments of the layer's inputs define ([A] eq. 19–21).
 *
 * <p>This package knows none of its sub-packages. Arrows between them go down only:
 *
 * <pre>
 *   solver                            the solvers by name; the only package that knows them all
 *     ├─ lattice ─► scale             closest-vector search; the search for scales
 *     ├─ product                      vectors of weights
 *     ├─ refinement                   row refinement behind the activation function
 *     ├─ adaround                     the relaxation of [A]
 *     └─ baseline                     nearest and stochastic
 *          └─► row                    what solvers share: one row's problem, results, progress
 *                └─► rounding         problem, solution, method
 * </pre>
 *
 * <p>The letters in brackets name papers; {@code src/site/references.md} lists them.
 */
@NullMarked
package io.halfstep.rounding;

import org.jspecify.annotations.NullMarked;
