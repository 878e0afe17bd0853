package io.halfstep.papers;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.statistics.Moments;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class TaskHessianTest {
  private static final int CLASSES = 4;
  private static final int K = 3;
  private static final int SAMPLES = 5;

  /** For logits {@code W x}, it is {@code E (diag(p) − p pᵀ) ⊗ x xᵀ}. */
  @Test
  void isTheClosedFormOfALinearClassifier() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", -1, K)
            .weight("w", CLASSES, K)
            .node("Gemm", "y", List.of("x", "w"), OnnxGraphs.integer("transB", 1))
            .output("y", ElementType.FLOAT, -1, CLASSES)
            .model();
    StageGraph graph = StageGraph.of(model);
    float[] w = graph.layers().get(0).weight().floats();
    Tensor samples = gaussian(SAMPLES, K);

    Moments hessian =
        TaskHessian.of(
            graph.model(),
            graph.layers().get(0),
            List.of(samples.rows(0, 2), samples.rows(2, SAMPLES)));

    assertThat(hessian.gram())
        .containsExactly(closedForm(w, samples.floats()), Offset.offset(1e-4));
  }

  private static double[] closedForm(float[] w, float[] x) {
    int size = CLASSES * K;
    double[] expected = new double[size * size];
    for (int n = 0; n < SAMPLES; n++) {
      double[] p = new double[CLASSES];
      double sum = 0;
      for (int c = 0; c < CLASSES; c++) {
        for (int i = 0; i < K; i++) {
          p[c] += (double) w[c * K + i] * x[n * K + i];
        }
        p[c] = Math.exp(p[c]);
        sum += p[c];
      }
      for (int a = 0; a < size; a++) {
        for (int b = 0; b < size; b++) {
          double pa = p[a / K] / sum;
          double pb = p[b / K] / sum;
          double curvature = (a / K == b / K ? pa : 0) - pa * pb;
          expected[a * size + b] += curvature * x[n * K + a % K] * x[n * K + b % K] / SAMPLES;
        }
      }
    }
    return expected;
  }

  private static Tensor gaussian(int... shape) {
    Random random = new Random(5);
    float[] values = new float[shape[0] * shape[1]];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, shape[0], shape[1]);
  }
}
