package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.export.QdqExport;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanBuilder;
import io.halfstep.quantizer.WeightLevels;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs whose weights have levels that are not uniform, or stay 0. */
class LevelsRunTest {
  private static final StageGraph SMALL = StageGraph.of(Networks.inception().model());
  private static final List<SampleBatch> DATA = Runs.noise("x", 8, 4, 4, 8, 8);

  @TempDir Path folder;

  private static PlanBuilder plan(String levels) {
    return Plan.DEFAULT.toBuilder().weightLevels(WeightLevels.parse(levels));
  }

  /** The export compares the file in ONNX Runtime with the student. */
  @ParameterizedTest
  @ValueSource(strings = {"codebook", "power-of-two", "ternary", "binary", "binary:2", "product:2"})
  void theFileComputesWhatTheStudentDoes(String levels) throws Exception {
    for (int activations : new int[] {0, 8}) {
      Plan plan = plan(levels).activationBits(activations).build();
      CalibrationRequest request = Runs.request(SMALL, plan, DATA);
      QuantizedNetwork network = Runs.run(request).network();
      assertThat(network.layers())
          .allMatch(layer -> layer.weight().encoding().levels().label().equals(levels))
          .allMatch(layer -> layer.loss() <= layer.nearestLoss())
          .anyMatch(layer -> layer.flips() > 0);
      network
          .outputSqnrDb()
          .forEach(
              (output, db) -> assertThat(db).isGreaterThan(network.nearestSqnrDb().get(output)));
      Path two = folder.resolve("two.onnx");
      assertThat(QdqExport.write(network, two).outputs()).noneMatch(o -> o.isWorse());
      Path one = folder.resolve("one.onnx");
      QdqExport.write(Runs.run(Runs.withThreads(request, 1)).network(), one);
      assertThat(Files.readAllBytes(one)).isEqualTo(Files.readAllBytes(two));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"uniform", "codebook", "power-of-two", "ternary"})
  void prunedWeightsStayZero(String levels) throws Exception {
    float[] weights = new float[6 * 4 * 3 * 3];
    Random random = new Random(3);
    for (int i = 0; i < weights.length; i++) {
      weights[i] = i % 3 == 0 ? 0 : (float) random.nextGaussian();
    }
    StageGraph pruned =
        StageGraph.of(
            OnnxGraphs.opset(13)
                .input("x", -1, 4, 8, 8)
                .initializer("w", Tensor.of(weights, 6, 4, 3, 3))
                .node("Conv", "y", List.of("x", "w"))
                .output("y")
                .model());
    QuantizedNetwork network =
        Runs.run(Runs.request(pruned, plan(levels).keepZeros(true).build(), DATA)).network();
    float[] rounded = network.layers().get(0).weight().dequantize();
    for (int i = 0; i < weights.length; i += 3) {
      assertThat(rounded[i]).isZero();
    }
  }
}
