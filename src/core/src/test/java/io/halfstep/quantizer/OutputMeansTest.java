package io.halfstep.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OutputMeansTest {
  private static final int OUT = 4;
  private static final int K = 6;
  private static final int GROUPS = 2;
  private static final int SAMPLES = 50;

  private final Random random = new Random(3);

  private float[] noise(int size, float mean) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = mean + (float) random.nextGaussian();
    }
    return values;
  }

  /** Returns the mean of Wx + b of each row, over all samples. */
  private static double[] means(float[] w, float[] x, float[] bias) {
    double[] means = new double[OUT];
    for (int row = 0; row < OUT; row++) {
      int group = row / (OUT / GROUPS);
      for (int s = 0; s < SAMPLES; s++) {
        for (int j = 0; j < K; j++) {
          means[row] += (double) w[row * K + j] * x[(s * GROUPS + group) * K + j] / SAMPLES;
        }
      }
      means[row] += bias[row];
    }
    return means;
  }

  @Test
  void theCorrectedOutputsHaveTheMeanOfTheFloatOnes() {
    float[] w = noise(OUT * K, 0);
    float[] bias = noise(OUT, 2);
    float[] x = noise(SAMPLES * GROUPS * K, 1);
    float[] rounded = x.clone();
    Encoding.perTensor(Grid.unsigned(4), 0.5f, 3).roundTrip(x, rounded);
    float[] inputs = new float[GROUPS * K];
    for (int i = 0; i < rounded.length; i++) {
      inputs[i % inputs.length] += rounded[i] / SAMPLES;
    }
    double[] expected = means(w, x, new float[OUT]);
    float[] outputs = new float[OUT];
    for (int row = 0; row < OUT; row++) {
      outputs[row] = (float) expected[row];
    }
    QuantizedWeight weight =
        QuantizedWeight.nearest(w, OUT, K, Encoding.perTensor(Grid.signed(2), 0.9f, 0));

    Tensor corrected = new OutputMeans(inputs, outputs).correct(Tensor.of(bias, OUT), weight);

    double[] teacher = means(w, x, bias);
    double[] student = means(weight.dequantize(), rounded, corrected.floats());
    double[] uncorrected = means(weight.dequantize(), rounded, bias);
    for (int row = 0; row < OUT; row++) {
      assertThat(student[row]).isCloseTo(teacher[row], within(1e-4));
      assertThat(Math.abs(uncorrected[row] - teacher[row])).isGreaterThan(1e-2);
    }
  }

  /** Where quantization changes the weights only. */
  @Test
  void theMeansOfTheInputsAreEnoughIfTheyStayTheSame() {
    float[] w = noise(OUT * K, 0);
    float[] bias = noise(OUT, 2);
    float[] x = noise(SAMPLES * GROUPS * K, 1);
    double[] inputs = new double[GROUPS * K];
    for (int i = 0; i < x.length; i++) {
      inputs[i % inputs.length] += (double) x[i] / SAMPLES;
    }
    QuantizedWeight weight =
        QuantizedWeight.nearest(w, OUT, K, Encoding.perTensor(Grid.signed(2), 0.9f, 0));

    Tensor corrected = OutputMeans.of(inputs, w, OUT).correct(Tensor.of(bias, OUT), weight);

    double[] teacher = means(w, x, bias);
    double[] student = means(weight.dequantize(), x, corrected.floats());
    for (int row = 0; row < OUT; row++) {
      assertThat(student[row]).isCloseTo(teacher[row], within(1e-5));
    }
  }
}
