package io.halfstep.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.model.OnnxGraphs;
import io.halfstep.statistics.BatchNormStatistics;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StatisticsLossTest {
  private static final int SAMPLES = 4;
  private static final int IN = 2;
  private static final int OUT = 3;
  private static final int PLANE = 6;

  private final Random random = new Random(5);
  private final float[] w = gaussian(OUT * IN);
  private final float[] x = gaussian(SAMPLES * IN * PLANE);
  private final BatchNormStatistics known =
      new BatchNormStatistics(new double[] {0.5, -1, 0}, new double[] {2, 0.25, 0});

  private float[] gaussian(int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /**
   * {@code y = Wx} with a 1×1 kernel. Of m values y of a channel, with mean μ̂ and deviation σ̂:
   * {@code ∂L/∂y = 2(μ̂ − μ)/m + 2(σ̂ − σ)(y − μ̂)/(m·σ̂)}, and {@code ∂L/∂x = Wᵀ ∂L/∂y}.
   */
  @Test
  void lossAndGradientBehindAnOneByOneConvolution() {
    double loss = 0;
    double[] expected = new double[x.length];
    for (int o = 0; o < OUT; o++) {
      double[] y = channel(o);
      double mean = 0;
      for (double value : y) {
        mean += value / y.length;
      }
      double variance = 0;
      for (double value : y) {
        variance += (value - mean) * (value - mean) / y.length;
      }
      double deviation = Math.sqrt(variance);
      double meanError = mean - known.mean()[o];
      double deviationError = deviation - known.std()[o];
      loss += meanError * meanError + deviationError * deviationError;
      for (int i = 0; i < y.length; i++) {
        double g = 2 * (meanError + deviationError * (y[i] - mean) / deviation) / y.length;
        for (int in = 0; in < IN; in++) {
          expected[at(i, in)] += w[o * IN + in] * g;
        }
      }
    }

    try (InputGradient gradient = gradient()) {
      InputGradient.Result result = gradient.at(x);
      assertThat(result.loss()).isCloseTo((float) loss, within(1e-4f));
      for (int i = 0; i < x.length; i++) {
        assertThat((double) result.gradient()[i]).isCloseTo(expected[i], within(1e-5));
      }
    }
  }

  /** The values of an output's channel, by samples, then positions. */
  private double[] channel(int out) {
    double[] y = new double[SAMPLES * PLANE];
    for (int i = 0; i < y.length; i++) {
      for (int in = 0; in < IN; in++) {
        y[i] += (double) w[out * IN + in] * x[at(i, in)];
      }
    }
    return y;
  }

  /** The place of a value in x, {@code [samples, channels, plane]}. */
  private static int at(int i, int channel) {
    return (i / PLANE * IN + channel) * PLANE + i % PLANE;
  }

  private InputGradient gradient() {
    OnnxGraphs graph =
        OnnxGraphs.opset(StatisticsLoss.OPSET)
            .input("x", SAMPLES, IN, 2, 3)
            .initializer("w", Tensor.of(w, OUT, IN, 1, 1))
            .node("Conv", "y", List.of("x", "w"))
            .output("y");
    return new InputGradient(
        StatisticsLoss.of(graph.proto(), Map.of("y", known)), "x", new long[] {SAMPLES, IN, 2, 3});
  }
}
