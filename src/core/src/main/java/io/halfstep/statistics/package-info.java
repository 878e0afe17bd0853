/** Mergeable, bounded, batch-invariant statistics of streams. */
@NullMarked
package io.halfstep.statistics;

import org.jspecify.annotations.NullMarked;
