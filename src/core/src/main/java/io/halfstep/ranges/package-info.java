/**
 * From statistics to encodings. How a range is chosen is a {@link io.halfstep.ranges.RangeMethod};
 * those that plans and the command line can name are in {@link io.halfstep.ranges.RangeMethods}.
 */
@NullMarked
package io.halfstep.ranges;

import org.jspecify.annotations.NullMarked;
