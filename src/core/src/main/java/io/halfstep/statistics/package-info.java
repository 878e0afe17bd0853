/** Mergeable, bounded, batch-invariant accumulators of what streams by. */
@NullMarked
package io.halfstep.statistics;

import org.jspecify.annotations.NullMarked;
