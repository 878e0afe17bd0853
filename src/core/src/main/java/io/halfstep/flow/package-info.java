/**
 * The plumbing of a stage, which is the same for layers and operators: what arrives is joined
 * ({@link io.halfstep.flow.Inlets}), work runs off the mailbox, one piece at a time ({@link
 * io.halfstep.flow.Flow}), and what leaves is sent as far as credit covers it ({@link
 * io.halfstep.flow.Outlets}). Batches that have to wait for another branch are kept in memory up to
 * a budget, then on disk ({@link io.halfstep.flow.KeptBatches}). It is apart from the actors so
 * that these show only what a stage does with a batch.
 */
@NullMarked
package io.halfstep.flow;

import org.jspecify.annotations.NullMarked;
