package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.ActivationGrid;
import io.halfstep.plan.TensorOverride;
import io.halfstep.quantizer.Encoding;
import io.halfstep.ranges.RangeMethod.MinMax;
import io.halfstep.ranges.RangeMethods;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the plan chooses the encodings of activations. */
class ActivationPlansTest {
  private static final StageGraph SMALL = StageGraph.of(Networks.residual().model());
  private static final int SAMPLES = 40;
  private static final List<SampleBatch> DATA = Runs.noise("x", 1, SAMPLES, 4, 8, 8);

  private static List<SampleBatch> cut(int size) {
    return Runs.cut("x", DATA, size);
  }

  private static Map<String, Encoding> encodings(StageGraph graph, Plan plan, int batch)
      throws Exception {
    return Runs.run(Runs.request(graph, plan, cut(batch))).network().activations();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "minmax",
        "mse",
        "lp:2.4",
        "percentile:99.9",
        "kl",
        "cross-entropy",
        "batch-norm",
        "moving-average:7"
      })
  void batchesOfAnySizeGiveTheSameEncodings(String method) throws Exception {
    Plan plan =
        Runs.INTEGERS.toBuilder()
            .activationRanges(RangeMethods.OF_ACTIVATIONS.parse(method))
            .schedule(Plan.Schedule.PARALLEL)
            .build();
    Map<String, Encoding> whole = encodings(SMALL, plan, SAMPLES);
    assertThat(whole).isNotEmpty();
    for (int batch : new int[] {1, 2, 3, 32}) {
      assertThat(encodings(SMALL, plan, batch)).isEqualTo(whole);
    }
  }

  @Test
  void aTensorMayDiffer() throws Exception {
    Plan plan =
        Plan.DEFAULT.toBuilder()
            .override(TensorOverride.of("*r").bits(16))
            .override(TensorOverride.of("sr").grid(ActivationGrid.SIGNED).ranges(new MinMax()))
            .override(TensorOverride.of("cr").bits(0))
            .build();
    Map<String, Encoding> found = encodings(SMALL, plan, 8);
    assertThat(found).containsOnlyKeys("x", "ar", "sr");
    assertThat(found.get("x").grid().bits()).isEqualTo(8);
    assertThat(found.get("ar").grid().bits()).isEqualTo(16);
    assertThat(found.get("sr").grid().isSigned()).isTrue();
    assertThat(found.get("sr").grid().bits()).isEqualTo(16);
  }

  @Test
  void soItMayWhereAllAreQuantized() throws Exception {
    Plan plan =
        Runs.INTEGERS.toBuilder()
            .override(TensorOverride.of("y").bits(16))
            .override(TensorOverride.of("ar").bits(0))
            .build();
    Map<String, Encoding> usual = encodings(SMALL, Runs.INTEGERS, 8);
    Map<String, Encoding> found = encodings(SMALL, plan, 8);
    assertThat(usual).containsKeys("x", "ar", "y");
    assertThat(found).containsKeys("x", "y").doesNotContainKey("ar");
    assertThat(found.get("y").grid().bits()).isEqualTo(16);
    assertThat(found.get("x")).isEqualTo(usual.get("x"));
  }

  @Test
  void aNameThatMatchesNothingIsAMistake() {
    Plan plan = Plan.DEFAULT.toBuilder().override(TensorOverride.of("sR").bits(16)).build();
    assertThatThrownBy(() -> encodings(SMALL, plan, 8))
        .hasRootCauseInstanceOf(InvalidInputException.class)
        .hasRootCauseMessage(
            "plan: no activation that is quantized is named 'sR'; did you mean 'sr'?");
  }

  /** β ± 6·|γ| through ReLU, of a convolution and its batch norm. */
  @Test
  void batchNormsImplyRanges() throws Exception {
    StageGraph graph =
        StageGraph.of(
            OnnxGraphs.opset(13)
                .input("x", -1, 4, 8, 8)
                .weight("w1", 2, 4, 3, 3)
                .node("Conv", "c1", List.of("x", "w1"))
                .initializer("gamma", Tensor.of(new float[] {0.5f, -2}, 2))
                .initializer("beta", Tensor.of(new float[] {1, -3}, 2))
                .initializer("mean", Tensor.of(new float[] {0, 0}, 2))
                .initializer("var", Tensor.of(new float[] {1, 1}, 2))
                .node("BatchNormalization", "n1", List.of("c1", "gamma", "beta", "mean", "var"))
                .node("Relu", "r1", List.of("n1"))
                .weight("w2", 2, 2, 3, 3)
                .node("Conv", "y", List.of("r1", "w2"))
                .output("y")
                .model());
    Plan plan =
        Plan.DEFAULT.toBuilder()
            .activationRanges(RangeMethods.OF_ACTIVATIONS.parse("batch-norm"))
            .build();
    Encoding found = encodings(graph, plan, 8).get("r1");
    assertThat(found.zeroPoint(0)).isZero();
    assertThat(found.scale(0)).isCloseTo(9f / 255, within(1e-6f)); // −3 + 6·2
  }

  /** One sample of ten times the others hardly counts. */
  @Test
  void aMovingAverageForgets() throws Exception {
    Tensor samples = DATA.get(0).inputs().get("x");
    float[] values = samples.rows(0, 1).floats().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] *= 10;
    }
    List<SampleBatch> batches = new ArrayList<>();
    batches.add(new SampleBatch(0, 0, 1, Map.of("x", Tensor.of(values, 1, 4, 8, 8))));
    batches.add(new SampleBatch(1, 1, SAMPLES - 1, Map.of("x", samples.rows(1, SAMPLES))));
    Plan.Schedule schedule = Plan.Schedule.PARALLEL;
    Plan widest =
        Plan.DEFAULT.toBuilder().activationRanges(new MinMax()).schedule(schedule).build();
    Plan averaged =
        widest.toBuilder()
            .activationRanges(RangeMethods.OF_ACTIVATIONS.parse("moving-average:4"))
            .build();
    float all = range(Runs.run(Runs.request(SMALL, widest, batches)));
    float latest = range(Runs.run(Runs.request(SMALL, averaged, batches)));
    assertThat(all).isGreaterThan(7 * latest);
  }

  private static float range(CalibrationResult result) {
    return result.network().activations().get("x").scale(0);
  }
}
