/**
 * Checkpoints of a run.
 *
 * <p>A checkpoint is made by an {@code Item.Checkpoint}, a barrier in the stream: a stage that it
 * reaches, on all of its inlets, has dealt with just the batches before it, saves what it has
 * gathered ({@link io.halfstep.checkpoint.StageState}), and sends it on. Where layers keep batches
 * back, in the round pass, there is only a barrier in front of the first; each layer then saves its
 * integers as soon as it has them, and a run that resumes streams the pass again, through layers
 * that are done and only relay. {@link io.halfstep.checkpoint.Manifest} makes files a checkpoint.
 *
 * <p>Contents go to a {@link io.halfstep.checkpoint.CheckpointStore}, of which a {@link
 * io.halfstep.checkpoint.CheckpointFolder} is one: stages on other nodes need a store that all
 * nodes reach. The room knows nothing of actors, so that what a stage's state is, and when a
 * checkpoint is due, can change without it.
 */
@NullMarked
package io.halfstep.checkpoint;

import org.jspecify.annotations.NullMarked;
