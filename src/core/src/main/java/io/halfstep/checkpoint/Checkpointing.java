package io.halfstep.checkpoint;

import java.time.Duration;

/**
 * Settings of checkpoints. A run that is started with the same store resumes from its newest
 * readable checkpoint; the result is the same as without an interruption.
 *
 * @param store for this run's checkpoints only
 * @param every the time from one checkpoint to the begin of the next
 * @param fingerprint of everything that the result depends on: model, plan, data and batch
 *     boundaries; a checkpoint with another one is refused
 * @param listener receives events about checkpoints
 */
public record Checkpointing(
    CheckpointStore store, Duration every, String fingerprint, CheckpointListener listener) {}
