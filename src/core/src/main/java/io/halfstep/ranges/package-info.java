/**
 * Chooses encodings from statistics. Each {@link io.halfstep.ranges.WeightRangeMethod} and {@link
 * io.halfstep.ranges.ActivationRangeMethod} is a way to choose a range; {@link
 * io.halfstep.ranges.RangeMethods} lists those of plans and the command line.
 */
@NullMarked
package io.halfstep.ranges;

import org.jspecify.annotations.NullMarked;
