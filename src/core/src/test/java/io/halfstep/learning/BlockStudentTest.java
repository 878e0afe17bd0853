package io.halfstep.learning;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BlockStudentTest {
  private static final int N = 5;
  private static final int K = 4;
  private static final int OUT = 3;
  private static final StageGraph GRAPH =
      StageGraph.of(
          OnnxGraphs.opset(17)
              .input("x", -1, K)
              .weight("w", K, OUT)
              .weight("b", OUT)
              .node("Gemm", "g", List.of("x", "w", "b"))
              .node("Relu", "y", List.of("g"))
              .output("y")
              .model());
  private static final Layer LAYER = GRAPH.layers().get(0);

  private final Tensor x = noise(N, K);

  private static Tensor noise(int... shape) {
    Random random = new Random(1);
    float[] values = new float[shape[0] * shape[1]];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, shape[0], shape[1]);
  }

  private static QuantizedWeight weight() {
    return QuantizedWeight.nearest(
        LAYER.layout().toRows(LAYER.weight().floats()),
        OUT,
        K,
        Encoding.perTensor(Grid.signed(3), 0.2f, 0));
  }

  private static BlockProblem problem(Map<String, Encoding> activations, Set<String> sites) {
    BlockLayer layer = new BlockLayer(LAYER, weight(), LAYER.bias(), true, false);
    return new BlockProblem(
        new byte[0],
        GRAPH.model().proto(),
        List.of(layer),
        activations,
        sites,
        Set.of(),
        Map.of(),
        1);
  }

  /** The layer's own arithmetic, in double precision. */
  private static double[] expected(float[] x) {
    float[] rows = weight().dequantize();
    float[] bias = requireNonNull(LAYER.bias()).floats();
    double[] y = new double[N * OUT];
    for (int i = 0; i < y.length; i++) {
      int row = i % OUT;
      y[i] = bias[row];
      for (int j = 0; j < K; j++) {
        y[i] += (double) rows[row * K + j] * x[i / OUT * K + j];
      }
      y[i] = Math.max(0, y[i]);
    }
    return y;
  }

  private void assertComputes(BlockProblem problem, double[] expected) {
    try (BlockStudent student = new BlockStudent(problem)) {
      float[] y = requireNonNull(student.run(Map.of("x", x)).get("y")).floats();
      for (int i = 0; i < y.length; i++) {
        assertThat((double) y[i]).isCloseTo(expected[i], within(1e-5));
      }
    }
  }

  @Test
  void floatActivations() {
    assertComputes(problem(Map.of(), Set.of()), expected(x.floats()));
  }

  @Test
  void quantizedActivationsWithFactors() {
    ChannelFactors factors = ChannelFactors.of(new float[] {1, 2, 0.5f, 1});
    for (Encoding encoding :
        List.of(
            Encoding.perTensor(Grid.unsigned(3), 0.3f, 2),
            Encoding.perTensor(Grid.signed(4), 0.1f, 0).withFactors(factors))) {
      float[] quantized = new float[x.size()];
      encoding.roundTrip(x.floats(), quantized);

      assertComputes(problem(Map.of("x", encoding), Set.of()), expected(quantized));
    }
  }

  /** A tensor that no layer reads is quantized only where all readers see it so. */
  @Test
  void activationsOfOtherOperators() {
    Encoding encoding = Encoding.perTensor(Grid.signed(3), 0.5f, 0);
    double[] inFloat = expected(x.floats());
    double[] quantized = new double[inFloat.length];
    for (int i = 0; i < quantized.length; i++) {
      // before the ReLU, which makes no difference to a nonnegative number on the grid
      quantized[i] = Math.min(3, Math.rint(inFloat[i] / 0.5)) * 0.5;
    }

    assertComputes(problem(Map.of("g", encoding), Set.of()), inFloat);
    assertComputes(problem(Map.of("g", encoding), Set.of("g")), quantized);
  }
}
