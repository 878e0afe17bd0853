package io.halfstep.flow;

import io.halfstep.protocol.StageId;
import io.halfstep.protocol.Target;
import java.util.List;

/**
 * A stage's setup in its run.
 *
 * @param id the stage
 * @param run the run
 * @param waits for each inlet, whether it waits for another branch while that learns
 * @param targets the consumers
 */
public record StageSetup(StageId id, RunContext run, List<Boolean> waits, List<Target> targets) {}
