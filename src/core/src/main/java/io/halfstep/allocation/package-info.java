/**
 * Mixed precision: which width each layer takes, so that the error is least within a budget ([S]
 * §3.2; [H], HAWQ-V3).
 */
@NullMarked
package io.halfstep.allocation;

import org.jspecify.annotations.NullMarked;
