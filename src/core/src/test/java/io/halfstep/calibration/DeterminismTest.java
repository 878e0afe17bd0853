package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.export.QdqExport;
import io.halfstep.graph.StageGraph;
import io.halfstep.graph.StoredConstant;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.Plan;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.source.SampleBatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** The model depends on neither threads nor memory nor how the stream is cut into batches. */
class DeterminismTest {
  private static final StageGraph SMALL = StageGraph.of(Networks.inception().model());
  private static final int SAMPLES = 64;
  private static final List<SampleBatch> DATA = Runs.noise("x", SAMPLES / 4, 4, 4, 8, 8);

  @TempDir Path directory;

  private static Plan plan(RoundingMethod rounding, Plan.Schedule schedule) {
    return Plan.DEFAULT.toBuilder().rounding(rounding).schedule(schedule).seed(5).build();
  }

  private byte[] model(CalibrationRequest request) throws Exception {
    Path file = directory.resolve("out.onnx");
    QdqExport.write(Runs.run(request).network(), file);
    return Files.readAllBytes(file);
  }

  private static List<SampleBatch> cut(int size) {
    return Runs.cut("x", DATA, size);
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "ADAROUND_SAMPLES") // takes half a minute for each file
  void oneAndManyThreadsMakeTheSameFile(RoundingMethod rounding) throws Exception {
    for (Plan.Schedule schedule : Plan.Schedule.values()) {
      CalibrationRequest request = Runs.request(SMALL, plan(rounding, schedule), DATA);
      byte[] one = model(Runs.withThreads(request, 1));
      assertThat(model(Runs.withThreads(request, 2))).isEqualTo(one);
      assertThat(model(Runs.withThreads(Runs.withMemory(request, 0), 5))).isEqualTo(one);
    }
  }

  /** The second layer sees 32 MiB of samples, more than it once stored with little memory. */
  @Test
  void littleAndMuchMemoryStoreTheSameSamples() throws Exception {
    StageGraph graph =
        StageGraph.of(
            OnnxGraphs.opset(13)
                .input("x", -1, 4, 66, 66)
                .weight("w1", 16, 4, 3, 3)
                .node("Conv", "c1", List.of("x", "w1"))
                .node("Relu", "r1", List.of("c1"))
                .weight("w2", 16, 16, 3, 3)
                .node("Conv", "c2", List.of("r1", "w2"))
                .node("Relu", "y", List.of("c2"))
                .output("y")
                .model());
    Plan plan =
        plan(RoundingMethod.LATTICE_SAMPLES, Plan.Schedule.WAVE).toBuilder().weightBits(2).build();
    CalibrationRequest request = Runs.request(graph, plan, Runs.noise("x", 16, 4, 4, 66, 66));
    assertThat(model(Runs.withMemory(request, 0)))
        .isEqualTo(model(Runs.withMemory(request, 1L << 30)));
  }

  @Test
  void anotherSeedMakesAnotherStochasticFile() throws Exception {
    Plan plan = plan(RoundingMethod.STOCHASTIC, Plan.Schedule.WAVE);
    assertThat(model(Runs.request(SMALL, plan, DATA)))
        .isNotEqualTo(model(Runs.request(SMALL, plan.toBuilder().seed(6).build(), DATA)));
  }

  @Test
  void networksInIntegersToo() throws Exception {
    for (Plan.Schedule schedule : Plan.Schedule.values()) {
      Plan plan = Runs.INTEGERS.toBuilder().schedule(schedule).build();
      CalibrationRequest request = Runs.request(SMALL, plan, cut(SAMPLES));
      byte[] one = model(Runs.withThreads(request, 1));
      assertThat(model(Runs.withThreads(Runs.withMemory(request, 0), 2))).isEqualTo(one);
      assertThat(Runs.run(Runs.request(SMALL, plan, cut(3))).network().activations())
          .isNotEmpty()
          .isEqualTo(Runs.run(request).network().activations());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void batchesOfAnySizeGiveTheSameRangesAndNearlyTheSameIntegers(int size) throws Exception {
    CalibrationResult whole = Runs.run(Runs.request(SMALL, Runs.PARALLEL, cut(SAMPLES)));
    CalibrationResult cut = Runs.run(Runs.request(SMALL, Runs.PARALLEL, cut(size)));

    assertThat(cut.network().activations()).isNotEmpty().isEqualTo(whole.network().activations());
    assertThat(different(Runs.integers(cut), Runs.integers(whole))).isLessThan(0.01);
  }

  @Test
  void batchesOfAnySizeGiveNearlyTheSameIntegersInTheWave() throws Exception {
    CalibrationResult whole = Runs.run(Runs.request(SMALL, Plan.DEFAULT, cut(SAMPLES)));
    CalibrationResult cut = Runs.run(Runs.request(SMALL, Plan.DEFAULT, cut(3)));

    assertThat(different(Runs.integers(cut), Runs.integers(whole))).isLessThan(0.02);
  }

  private static double different(List<List<Integer>> a, List<List<Integer>> b) {
    long different = 0;
    long all = 0;
    for (int layer = 0; layer < a.size(); layer++) {
      for (int i = 0; i < a.get(layer).size(); i++) {
        different += a.get(layer).get(i).equals(b.get(layer).get(i)) ? 0 : 1;
        all++;
      }
    }
    return (double) different / all;
  }

  @Test
  void whatIsStoredIsTheSame() throws Exception {
    StageGraph graph = StageGraph.of(Networks.stored().model());
    assertThat(graph.storedConstants())
        .extracting(StoredConstant::name)
        .containsExactly("table", "w", "r");
    CalibrationRequest request = Runs.request(graph, Plan.DEFAULT, DATA);
    byte[] one = model(Runs.withThreads(request, 1));
    assertThat(model(Runs.withThreads(request, 2))).isEqualTo(one);
    assertThat(model(Runs.withMemory(request, 0))).isEqualTo(one);
  }

  @Test
  void aRealNetworkToo() throws Exception {
    Path file = Path.of("src/examples/fashion-mnist/resnet14.onnx");
    CalibrationRequest request =
        Runs.request(
            StageGraph.of(Model.read(file)), Plan.DEFAULT, Runs.noise("image", 4, 32, 1, 28, 28));
    byte[] one = model(Runs.withThreads(request, 1));
    assertThat(model(Runs.withThreads(request, 2))).isEqualTo(one);
  }
}
