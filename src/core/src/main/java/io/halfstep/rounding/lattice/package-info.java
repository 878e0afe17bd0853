/**
 * The lattice solver: rounding as a closest-vector search.
 *
 * <p>It uses {@code rounding.scale}: when scales may be chosen, a trial of new scales is judged by
 * this solver's own quick rounding, and the levels of the best trial are where its search begins.
 * {@code rounding.scale} does not know this package.
 */
@NullMarked
package io.halfstep.rounding.lattice;

import org.jspecify.annotations.NullMarked;
