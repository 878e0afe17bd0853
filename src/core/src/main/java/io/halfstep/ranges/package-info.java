/** From statistics to encodings. */
@NullMarked
package io.halfstep.ranges;

import org.jspecify.annotations.NullMarked;
