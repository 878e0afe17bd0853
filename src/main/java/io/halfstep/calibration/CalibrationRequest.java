package io.halfstep.calibration;

import akka.NotUsed;
import akka.stream.javadsl.Source;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import io.halfstep.source.SampleBatch;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;

/**
 * All that a run needs.
 *
 * @param graph the network
 * @param plan what to make of it
 * @param source the calibration batches; run once per pass, each time the same
 * @param expectedSamples how many samples it will bring, for estimates; 0 if not known
 * @param rejected asked at the end: why how many samples were refused
 * @param threads how many threads compute
 * @param memoryBytes how much of the batches kept between layers stays in memory; all that is in
 *     flight may take the same again
 * @param spoolDirectory where the rest goes
 * @param edgeCredit how many bytes may at most be in flight between two stages; one batch is always
 *     allowed
 * @param listener is told of the progress
 */
public record CalibrationRequest(
    StageGraph graph,
    Plan plan,
    Source<SampleBatch, NotUsed> source,
    long expectedSamples,
    Supplier<Map<String, Long>> rejected,
    int threads,
    long memoryBytes,
    Path spoolDirectory,
    long edgeCredit,
    ProgressListener listener) {}
