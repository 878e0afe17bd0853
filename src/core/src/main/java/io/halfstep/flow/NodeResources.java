package io.halfstep.flow;

import io.halfstep.checkpoint.StageStates;
import io.halfstep.checkpoint.StatisticsHistory;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The resources shared by the stages of a run on one node; they never leave the process.
 *
 * @param workers a ForkJoinPool for computations: ONNX Runtime, statistics, solvers
 * @param io for reading and writing spool files and checkpoints
 * @param memory the budget of kept batches
 * @param spoolDirectory for batches beyond the budget
 * @param cleanup releases the resources of stopped stages
 * @param states saves the stages' states; null if the run has no checkpoints
 * @param history statistics of earlier runs; null if there are none to count
 */
public record NodeResources(
    Executor workers,
    Executor io,
    MemoryBudget memory,
    Path spoolDirectory,
    Cleanup cleanup,
    @Nullable StageStates states,
    @Nullable StatisticsHistory history) {}
