package io.halfstep.calibration;

import io.halfstep.ActorThreads;
import io.halfstep.checkpoint.CheckpointFolder;
import io.halfstep.checkpoint.CheckpointListener;
import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import io.halfstep.source.SampleBatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The actors of a run only pass messages on. */
class ActorThreadsTest {
  private static final List<SampleBatch> DATA = Runs.noise("x", 8, 2, 4, 8, 8);
  private static final StageGraph GRAPH = StageGraph.of(Networks.residual().model());

  /** With files of every kind: spooled batches, checkpoints. */
  @Test
  void neitherComputeNorTouchFiles(@TempDir Path directory) throws Exception {
    ActorThreads.passMessagesOn(
        () -> {
          for (int i = 0; i < 20; i++) {
            CalibrationRequest request = Runs.request(GRAPH, Plan.DEFAULT, DATA);
            request = Runs.withSpool(Runs.withMemory(request, 500), directory);
            Calibration.start(
                    Runs.withCheckpointing(
                        request,
                        new Checkpointing(
                            new CheckpointFolder(directory.resolve("run" + i)),
                            Duration.ofMillis(1),
                            "run",
                            CheckpointListener.NONE)))
                .result()
                .get();
          }
          return null;
        });
  }
}
