package io.halfstep.calibration;

import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All that a run needs.
 *
 * @param graph the network
 * @param plan what to make of it
 * @param source the calibration batches; streamed once per pass
 * @param expectedSamples how many samples it will bring, for estimates; 0 if not known
 * @param rejected asked at the end: why how many samples were refused
 * @param threads how many threads compute
 * @param memoryBytes how much of the batches kept between layers stays in memory; all that is in
 *     flight may take the same again
 * @param spoolDirectory where the rest goes
 * @param edgeCredit how many bytes may at most be in flight between two stages; one batch is always
 *     allowed
 * @param listener is told of the progress
 * @param checkpointing null for a run that begins anew each time
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
