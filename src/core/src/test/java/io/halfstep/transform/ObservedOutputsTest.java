package io.halfstep.transform;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.export.Samples;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.statistics.BatchNormStatistics;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObservedOutputsTest {
  /** A convolution that doubles its channel 0, and a product that adds 1 to its input 1. */
  private static StageGraph graph() {
    return StageGraph.of(
        OnnxGraphs.opset(17)
            .input("x", -1, 2, 1, 2)
            .initializer("w", Tensor.of(new float[] {2, 0, 0, 1}, 2, 2, 1, 1))
            .node("Conv", "a", List.of("x", "w"))
            .input("u", -1, 2)
            .initializer("v", Tensor.of(new float[] {1, 0, 0, 1}, 2, 2))
            .initializer("c", Tensor.of(new float[] {0, 1}, 2))
            .node("Gemm", "b", List.of("u", "v", "c"))
            .output("a")
            .output("b")
            .model());
  }

  @Test
  void channelsAreAxis1OfConvolutionsAndTheLastOfProducts() {
    StageGraph graph = graph();
    try (ObservedOutputs outputs = new ObservedOutputs(graph, graph.layers())) {
      outputs.add(
          Map.of(
              "x", Tensor.of(new float[] {1, 3, 10, 10, 5, 7, 20, 20}, 2, 2, 1, 2),
              "u", Tensor.of(new float[] {1, 4, Float.NaN, 0, 3, 6}, 3, 2)));
      BatchNormStatistics a = requireNonNull(outputs.statistics().get("a"));
      assertThat(a.mean()).containsExactly(8, 15);
      assertThat(a.std()).containsExactly(new double[] {Math.sqrt(20), 5}, within(1e-12));
      BatchNormStatistics b = requireNonNull(outputs.statistics().get("b"));
      assertThat(b.mean()).containsExactly(2, 6);
      assertThat(b.std()).containsExactly(1, 1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 32})
  void batchesDoNotMatter(int size) {
    StageGraph graph =
        StageGraph.of(Model.read(Samples.FOLDER.resolve("mobilenetv2.onnx")).folded());
    Map<String, BatchNormStatistics> alone = statistics(graph, 1);
    statistics(graph, size)
        .forEach(
            (output, some) -> {
              BatchNormStatistics expected = requireNonNull(alone.get(output));
              assertThat(some.mean()).containsExactly(expected.mean());
              assertThat(some.std()).containsExactly(expected.std());
            });
  }

  private static Map<String, BatchNormStatistics> statistics(StageGraph graph, int size) {
    float[] images = Samples.fashionMnist(64);
    int pixels = 28 * 28;
    try (ObservedOutputs outputs = new ObservedOutputs(graph, graph.layers())) {
      for (int from = 0; from < 64; from += size) {
        int to = Math.min(64, from + size);
        float[] batch = Arrays.copyOfRange(images, from * pixels, to * pixels);
        outputs.add(Map.of("image", Tensor.of(batch, to - from, 1, 28, 28)));
      }
      return outputs.statistics();
    }
  }
}
