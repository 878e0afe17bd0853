/** What the user asks for: bits, grids, ranges, rounding; for all layers and for single ones. */
@NullMarked
package io.halfstep.plan;

import org.jspecify.annotations.NullMarked;
