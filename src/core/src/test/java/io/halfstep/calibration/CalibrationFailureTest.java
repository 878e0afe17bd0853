package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.stream.javadsl.Source;
import io.halfstep.failure.Fault;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.Plan;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong ends its run with one line that says where, and no other run. */
class CalibrationFailureTest {
  private static final StageGraph GRAPH = StageGraph.of(Networks.residual().model());
  private static final List<SampleBatch> DATA = Runs.noise("x", 6, 2, 4, 8, 8);

  private static Throwable failure(CalibrationRequest request) throws Exception {
    try {
      Runs.run(request);
    } catch (ExecutionException e) {
      return e.getCause();
    }
    throw new AssertionError("finished");
  }

  /** A batch that no door would let in, in the middle of the others. */
  private static List<SampleBatch> poisoned() {
    List<SampleBatch> batches = new ArrayList<>(DATA);
    batches.set(4, new SampleBatch(4, 8, 2, Map.of("x", Tensor.of(new float[640], 2, 5, 8, 8))));
    return batches;
  }

  @Test
  void namesLayerBatchAndCause() throws Exception {
    Throwable failure = failure(Runs.request(GRAPH, Plan.DEFAULT, poisoned()));
    assertThat(failure)
        .isInstanceOf(CalibrationException.class)
        .hasMessageStartingWith("stage a, batch 4: ")
        .hasMessageContaining("channels");
    assertThat(failure.getMessage().lines()).hasSize(1);
  }

  @Test
  void leavesOtherRunsUnharmed() throws Exception {
    CalibrationResult alone = Runs.run(Runs.request(GRAPH, Plan.DEFAULT, DATA));
    List<CompletableFuture<CalibrationResult>> runs = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      runs.add(
          Calibration.start(
                  Runs.request(GRAPH, Plan.DEFAULT, i == 1 ? poisoned() : DATA), Runs.SERIALIZED)
              .result());
    }
    assertThatThrownBy(() -> runs.get(1).get()).hasCauseInstanceOf(CalibrationException.class);
    for (int i : new int[] {0, 2}) {
      assertThat(Runs.integers(runs.get(i).get())).isEqualTo(Runs.integers(alone));
    }
  }

  @Test
  void aBrokenStreamIsItsOwnMessage() throws Exception {
    CalibrationRequest request =
        Runs.withSource(
            Runs.request(GRAPH, Plan.DEFAULT, DATA),
            Source.from(DATA)
                .concat(Source.failed(new InvalidInputException("samples.npy: cut short"))));
    assertThat(failure(request))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("samples.npy: cut short");
  }

  @Test
  void aStreamWithoutSamplesIsTheUsersMistake() throws Exception {
    assertThat(failure(Runs.request(GRAPH, Plan.DEFAULT, List.of())))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no calibration sample was accepted");
  }

  @Test
  void anOperatorThatFailsIsNamed() throws Exception {
    StageGraph gather =
        StageGraph.of(
            OnnxGraphs.opset(13)
                .input("x", -1, 4, 8, 8)
                .integers("index", 9)
                .weight("w", 3, 1, 3, 3)
                .node("Gather", "g", List.of("x", "index"), OnnxGraphs.integer("axis", 1))
                .node("Conv", "y", List.of("g", "w"))
                .output("y")
                .model());
    assertThat(failure(Runs.request(gather, Plan.DEFAULT, DATA)))
        .isInstanceOf(CalibrationException.class)
        .hasMessageStartingWith("stage operators-1, batch 0: ");
  }

  @Test
  void aSpoolFolderThatIsNoneIsNamedAsAFaultOfTheDisk(@TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "no folder");
    CalibrationRequest request =
        Runs.withSpool(Runs.withMemory(Runs.request(GRAPH, Plan.DEFAULT, DATA), 0), file);
    assertThat(failure(request))
        .isInstanceOf(CalibrationException.class)
        .hasMessageContaining(file.toString())
        .extracting(each -> ((CalibrationException) each).fault())
        .isEqualTo(Fault.DISK);
  }

  @Test
  void aListenerThatThrowsFailsTheRun() throws Exception {
    CalibrationRequest request =
        Runs.withListener(
            Runs.request(GRAPH, Plan.DEFAULT, DATA),
            progress -> {
              throw new IllegalStateException("the display is gone");
            });
    assertThat(failure(request)).hasMessage("the display is gone");
  }
}
