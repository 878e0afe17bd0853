package io.halfstep.levels;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.quantizer.Codebook;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.quantizer.WeightLevels;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightLevelChoiceTest {
  private static final int OUT = 4;
  private static final int K = 25;

  /** The first row is 0, and so is every fifth weight of the others. */
  private static float[] rows() {
    Random random = new Random(2);
    float[] rows = new float[OUT * K];
    for (int i = K; i < rows.length; i++) {
      rows[i] = i % 5 == 0 ? 0 : (float) random.nextGaussian();
    }
    return rows;
  }

  private static Encoding encode(
      float[] rows, double[][] importance, String levels, Granularity granularity, boolean zeros) {
    return WeightLevelChoice.encode(
        rows, OUT, K, importance, WeightLevels.parse(levels), 4, granularity, zeros, 7);
  }

  private static double error(float[] rows, Encoding encoding) {
    float[] rounded = QuantizedWeight.nearest(rows, OUT, K, encoding).dequantize();
    double error = 0;
    for (int i = 0; i < rows.length; i++) {
      error += Math.pow(rows[i] - rounded[i], 2);
    }
    return error;
  }

  @ParameterizedTest
  @CsvSource({
    "codebook,0.01",
    "power-of-two,0.04",
    "ternary,0.3",
    "binary,0.7",
    "binary:2,0.35",
    "binary:3,0.15",
    "product:2,0.35"
  })
  void aWeightKeepsMostOfItself(String levels, double left) {
    float[] rows = rows();
    double[][] importance = new double[2][K]; // all inputs are 0, so all weights count the same
    double power = 0;
    for (float w : rows) {
      power += w * w;
    }
    for (Granularity granularity : new Granularity[] {Granularity.CHANNEL, Granularity.TENSOR}) {
      Encoding encoding = encode(rows, importance, levels, granularity, false);
      assertThat(encoding.granularity()).isEqualTo(granularity);
      assertThat(error(rows, encoding)).isLessThan(left * power);
    }
  }

  @Test
  void importantWeightsAreNearerToTheirLevels() {
    float[] rows = rows();
    double[][] importance = new double[1][K];
    importance[0][3] = 1e6;
    Encoding encoding = encode(rows, importance, "codebook", Granularity.TENSOR, false);
    float[] rounded = QuantizedWeight.nearest(rows, OUT, K, encoding).dequantize();
    for (int row = 0; row < OUT; row++) {
      assertThat(rounded[row * K + 3]).isEqualTo(rows[row * K + 3], within(1e-4f));
    }
  }

  @Test
  void aCodebookThatKeepsZerosHoldsZero() {
    float[] rows = rows();
    for (int i = K; i < rows.length; i++) {
      rows[i] += rows[i] == 0 ? 0 : 3; // far from 0, so that no mean is near it
    }
    Encoding encoding = encode(rows, new double[1][K], "codebook", Granularity.CHANNEL, true);
    Codebook codebook = requireNonNull(encoding.codebook());
    assertThat(codebook.values()).contains(0f).hasSize(16);
    float[] rounded = QuantizedWeight.nearest(rows, OUT, K, encoding).dequantize();
    for (int i = 0; i < rows.length; i++) {
      assertThat(rounded[i] == 0).isEqualTo(rows[i] == 0);
    }
  }

  @Test
  void aRowOfZerosIsNearlyZeroEvenWithoutALevelZero() {
    Encoding encoding = encode(rows(), new double[1][K], "binary", Granularity.CHANNEL, false);
    float[] rounded = QuantizedWeight.nearest(rows(), OUT, K, encoding).dequantize();
    assertThat(Math.abs(rounded[0])).isLessThanOrEqualTo(Float.MIN_NORMAL);
  }
}
