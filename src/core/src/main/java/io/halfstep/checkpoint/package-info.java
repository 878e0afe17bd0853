/**
 * Checkpoints of a run.
 *
 * <p>A checkpoint is made by an {@code Item.Checkpoint}, a barrier in the stream: when it has
 * arrived on all inlets of a stage, the stage has processed exactly the batches before it; it saves
 * its state ({@link io.halfstep.checkpoint.StageState}) and forwards the barrier. In the round
 * pass, where layers keep batches, there is only a barrier before the first batch; each layer then
 * saves its integers once it has them, and a resumed run streams the pass again, through rounded
 * layers that only relay. A {@link io.halfstep.checkpoint.Manifest} turns files into a checkpoint.
 *
 * <p>Contents are written to a {@link io.halfstep.checkpoint.CheckpointStore}, such as a {@link
 * io.halfstep.checkpoint.CheckpointFolder}; stages on other nodes need a store that all nodes can
 * access. This package does not depend on actors, so that the state of stages and the times of
 * checkpoints can change without it.
 */
@NullMarked
package io.halfstep.checkpoint;

import org.jspecify.annotations.NullMarked;
