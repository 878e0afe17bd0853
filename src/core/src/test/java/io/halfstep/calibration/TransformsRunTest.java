package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Equalize;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that change the network before it is quantized. */
class TransformsRunTest {
  /** A network without batch norms, one of whose channels is high. */
  private static final StageGraph GRAPH =
      StageGraph.of(
          OnnxGraphs.opset(17)
              .input("x", -1, 4)
              .weight("w", 4, 3)
              .initializer("b", Tensor.of(new float[] {0, 90, 0}, 3))
              .node("Gemm", "a", List.of("x", "w", "b"))
              .node("Relu", "r", List.of("a"))
              .weight("v", 3, 2)
              .weight("c", 2)
              .node("Gemm", "y", List.of("r", "v", "c"))
              .output("y")
              .model());

  private static final Plan PLAN =
      Plan.DEFAULT.toBuilder().equalize(Equalize.RELU).absorbBias(true).build();

  private static final List<SampleBatch> DATA = Runs.noise("x", 12, 8, 4);

  @Test
  void notesSayWhatWasChanged() throws Exception {
    List<String> notes = Runs.run(Runs.request(GRAPH, PLAN, DATA)).notes();

    assertThat(notes).hasSize(2);
    assertThat(notes.get(0)).startsWith("equalized: a → y, channels divided by ");
    assertThat(notes.get(1)).isEqualTo("high biases absorbed: a → y, 1 of 3 channels");
    assertThat(Runs.run(Runs.request(GRAPH, Plan.DEFAULT, DATA)).notes()).isEmpty();
  }

  @Test
  void theRangeOfTheActivationIsSmaller() throws Exception {
    Plan kept = PLAN.toBuilder().absorbBias(false).build();

    assertThat(scale(PLAN, DATA)).isLessThan(scale(kept, DATA) / 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 32})
  void batchesDoNotMatter(int size) throws Exception {
    assertThat(scale(PLAN, Runs.cut("x", DATA, size))).isEqualTo(scale(PLAN, DATA));
  }

  private static float scale(Plan plan, List<SampleBatch> data) throws Exception {
    CalibrationResult result = Runs.run(Runs.request(GRAPH, plan, data));
    return result.network().activations().get("r").scale(0);
  }

  @Test
  void withoutSamplesItSaysWhatIsNotAbsorbed() throws Exception {
    CalibrationRequest request =
        Runs.request(GRAPH, PLAN, List.of()).toBuilder().withoutSamples(Map.of()).build();

    assertThat(Runs.run(request).notes())
        .last()
        .asString()
        .startsWith("high biases are not absorbed")
        .endsWith(": a");
  }
}
