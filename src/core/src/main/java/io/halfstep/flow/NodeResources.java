package io.halfstep.flow;

import io.halfstep.checkpoint.StageStates;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What the stages of a run share that are on one node; nothing of it leaves the process.
 *
 * @param workers a ForkJoinPool for computations: ONNX Runtime, statistics, solvers
 * @param io for reading and writing spool files and checkpoints
 * @param memory the budget of kept batches
 * @param spoolDirectory where batches beyond the budget go
 * @param cleanup takes what stages that have stopped still hold
 * @param states where stages save their state; null where a run is not checkpointed
 */
public record NodeResources(
    Executor workers,
    Executor io,
    MemoryBudget memory,
    Path spoolDirectory,
    Cleanup cleanup,
    @Nullable StageStates states) {}
