package io.halfstep.cli;

import io.halfstep.calibration.ProgressListener;
import io.halfstep.export.QuantizedNetwork;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import io.halfstep.source.Dataset;
import java.nio.file.Path;

/** The run between reading the model and writing the results. */
@FunctionalInterface
interface QuantizeJob {
  /**
   * What a run needs.
   *
   * @param batch the largest number of samples in a batch
   * @param samples how many samples to use at most
   * @param threads how many threads compute
   * @param memoryBytes how much of what waits between layers stays in memory
   * @param spoolDirectory where the rest goes
   */
  record Request(
      StageGraph graph,
      Plan plan,
      Dataset data,
      int batch,
      long samples,
      int threads,
      long memoryBytes,
      Path spoolDirectory) {}

  /**
   * Runs to the end.
   *
   * @throws InterruptedException if the calling thread is interrupted; all that the run held is
   *     given back by then
   */
  QuantizedNetwork run(Request request, ProgressListener listener) throws InterruptedException;
}
