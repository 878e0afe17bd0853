/**
 * The settings of a run: bits, grids, ranges and rounding, for all layers or single ones.
 *
 * <p>Each {@link io.halfstep.plan.Setting} is declared once. There are four groups: how to
 * quantize, the data, the resources and the outputs. The batch size is part of the data, since sums
 * over batches are rounded and the result depends on it; it does not depend on resources.
 */
@NullMarked
package io.halfstep.plan;

import org.jspecify.annotations.NullMarked;
