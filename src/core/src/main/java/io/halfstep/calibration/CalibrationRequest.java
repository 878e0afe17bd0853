package io.halfstep.calibration;

import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The inputs of a run.
 *
 * @param graph the network
 * @param plan the quantization plan
 * @param source the calibration batches; streamed once per pass
 * @param expectedSamples the expected number of samples, for estimates; 0 if unknown
 * @param rejected gives the rejected samples by reason, at the end
 * @param threads the number of compute threads
 * @param memoryBytes memory for the batches kept between layers; batches in flight may take the
 *     same amount
 * @param spoolDirectory for the batches that exceed it
 * @param edgeCredit the largest number of bytes in flight between two stages; one batch is always
 *     allowed
 * @param listener receives progress events
 * @param checkpointing null for a run without checkpoints
 */
public record CalibrationRequest(
    StageGraph graph,
    Plan plan,
    BatchSource source,
    long expectedSamples,
    Supplier<Map<String, Long>> rejected,
    int threads,
    long memoryBytes,
    Path spoolDirectory,
    long edgeCredit,
    ProgressListener listener,
    @Nullable Checkpointing checkpointing) {}
