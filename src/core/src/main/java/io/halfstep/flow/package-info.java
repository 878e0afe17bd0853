/**
 * The data flow of a stage, which is the same for layers and operators: inputs are joined ({@link
 * io.halfstep.flow.Inlets}), work runs outside the mailbox, one task at a time ({@link
 * io.halfstep.flow.Flow}), and outputs are sent as far as credit allows ({@link
 * io.halfstep.flow.Outlets}). Batches that wait for another branch are kept in memory up to a
 * budget, then on disk ({@link io.halfstep.flow.KeptBatches}). The actors define only what a stage
 * does with a batch.
 */
@NullMarked
package io.halfstep.flow;

import org.jspecify.annotations.NullMarked;
