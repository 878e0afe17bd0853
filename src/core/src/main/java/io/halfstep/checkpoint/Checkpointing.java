package io.halfstep.checkpoint;

import java.time.Duration;

/**
 * That a run is to survive its process, and how. A run that is started with the same store goes on
 * from the newest checkpoint there that can be read; what it finds is the same as if it had never
 * been interrupted.
 *
 * @param store for this run's checkpoints alone
 * @param every how long after a checkpoint the next one begins
 * @param fingerprint of all that the result depends on: model, plan, data and how they are cut into
 *     batches; a checkpoint with another one is refused
 * @param listener is told what becomes of checkpoints
 */
public record Checkpointing(
    CheckpointStore store, Duration every, String fingerprint, CheckpointListener listener) {}
