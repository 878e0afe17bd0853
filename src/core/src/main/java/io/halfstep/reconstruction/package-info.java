/**
 * Block reconstruction as actors: one per block of the network, in a chain. Each learns once the
 * blocks before it have learned, and then passes what its student computes to the next one.
 *
 * <p>[B]: Li et al. 2021, BRECQ (arXiv 2102.05426).
 */
@NullMarked
package io.halfstep.reconstruction;

import org.jspecify.annotations.NullMarked;
