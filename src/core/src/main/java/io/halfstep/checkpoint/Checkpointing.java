package io.halfstep.checkpoint;

import java.nio.file.Path;
import java.time.Duration;

/**
 * That a run is to survive its process, and how. A run that is started with the same folder goes on
 * from the newest checkpoint there that can be read; what it finds is the same as if it had never
 * been interrupted.
 *
 * @param folder for this run's checkpoints alone; made if it is missing
 * @param every how long after a checkpoint the next one begins
 * @param fingerprint of all that the result depends on: model, plan, data and how they are cut into
 *     batches; a checkpoint with another one is refused
 * @param listener is told what becomes of checkpoints
 */
public record Checkpointing(
    Path folder, Duration every, String fingerprint, CheckpointListener listener) {}
