/**
 * What the user asks for: bits, grids, ranges, rounding; for all layers and for single ones.
 *
 * <p>A {@link io.halfstep.plan.Setting} is declared once. Those of a run are in four parts: how to
 * quantize, the data, the resources, the outputs. The batch size belongs to the data: sums over
 * batches are rounded, so the result depends on it, as it does not on resources.
 */
@NullMarked
package io.halfstep.plan;

import org.jspecify.annotations.NullMarked;
