package io.halfstep.ranges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.ranges.Equalization.Weight;
import io.halfstep.statistics.ChannelStatistics;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EqualizationTest {
  private static final int K = 64;
  private static final int OUT = 32;
  private static final int POSITIONS = 400;
  private static final int BITS = 8;

  private final Random random = new Random(4);

  private float[] noise(int size, float... ofChannels) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      float by = ofChannels.length == 0 ? 1 : ofChannels[i % ofChannels.length];
      values[i] = (float) random.nextGaussian() * by;
    }
    return values;
  }

  /** A channel with this magnitude among ones with 1. */
  private static float[] outlier(float magnitude) {
    float[] channels = new float[K];
    Arrays.fill(channels, 1);
    channels[17] = magnitude;
    return channels;
  }

  private static ChannelStatistics observed(float[] x) {
    ChannelStatistics statistics = new ChannelStatistics();
    statistics.add(Tensor.of(x, x.length / K, K));
    return statistics;
  }

  private static Weight weight(float[] rows, int bits) {
    return new Weight(rows, rows.length / K, Grid.signed(bits), Granularity.CHANNEL);
  }

  /** The mean squared error of the products of rounded values and rounded weights. */
  private static double error(float[] x, Weight weight, Encoding input) {
    float[] rounded = new float[x.length];
    input.roundTrip(x, rounded);
    Encoding encoding =
        WeightRanges.encode(
                input.factors().times(weight.rows()),
                weight.out(),
                K,
                weight.grid(),
                Granularity.CHANNEL,
                new RangeMethod.MinMax())
            .withFactors(input.factors().inverse());
    float[] w = QuantizedWeight.nearest(weight.rows(), weight.out(), K, encoding).dequantize();
    double error = 0;
    for (int from = 0; from < x.length; from += K) {
      for (int row = 0; row < weight.out(); row++) {
        double difference = 0;
        for (int j = 0; j < K; j++) {
          difference +=
              (double) x[from + j] * weight.rows()[row * K + j]
                  - (double) rounded[from + j] * w[row * K + j];
        }
        error += difference * difference;
      }
    }
    return error;
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8})
  void noOtherExponentIsBetter(int bits) {
    float[] x = noise(POSITIONS * K, outlier(100));
    Weight weight = weight(noise(OUT * K), bits);
    ChannelStatistics statistics = observed(x);
    ChannelFactors factors = Equalization.factors(statistics, BITS, false, List.of(weight));
    assertThat(factors.isNone()).isFalse();
    double ours = error(x, weight, Equalization.encode(statistics, BITS, false, factors));
    double none =
        error(x, weight, Equalization.encode(statistics, BITS, false, ChannelFactors.NONE));
    assertThat(10 * Math.log10(none / ours)).isGreaterThan(2);
    for (int power = 0; power < 10; power++) {
      float[] tried = outlier(Math.scalb(1f, power));
      Encoding other = Equalization.encode(statistics, BITS, false, ChannelFactors.of(tried));
      assertThat(ours).as("2^%d", power).isLessThan(1.1 * error(x, weight, other));
    }
  }

  @Test
  void evenChannelsStayAsTheyAre() {
    ChannelStatistics statistics = observed(noise(POSITIONS * K));
    assertThat(Equalization.factors(statistics, BITS, false, List.of(weight(noise(OUT * K), 8))))
        .isEqualTo(ChannelFactors.NONE);
  }

  @Test
  void aWeightThatSuffersPreventsIt() {
    float[] x = noise(POSITIONS * K, outlier(60));
    float[] rows = noise(OUT * K);
    for (int row = 0; row < OUT; row++) {
      rows[row * K + 17] *= 60;
    }
    assertThat(Equalization.factors(observed(x), BITS, false, List.of(weight(rows, 3))))
        .isEqualTo(ChannelFactors.NONE);
  }

  /** Factors reduce the error of weights, but not of those that are on the grid anyway. */
  @Test
  void theErrorOfTheWeightsIsMeasured() {
    float[] rows = new float[OUT * K];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = random.nextInt(2);
    }
    ChannelStatistics statistics = observed(noise(POSITIONS * K, outlier(30)));
    Weight noisy = new Weight(noise(OUT * K), OUT, Grid.unsigned(4), Granularity.CHANNEL);
    Weight exact = new Weight(rows, OUT, Grid.unsigned(4), Granularity.CHANNEL);
    assertThat(Equalization.factors(statistics, 16, false, List.of(noisy)).isNone()).isFalse();
    Encoding chosen =
        Equalization.encode(
            statistics, BITS, false, Equalization.factors(statistics, BITS, false, List.of(exact)));
    float[] x = noise(POSITIONS * K, outlier(30));
    Encoding plain = Equalization.encode(statistics, BITS, false, ChannelFactors.NONE);
    assertThat(error(x, exact, chosen)).isLessThan(1.1 * error(x, exact, plain));
  }

  @Test
  void theRangeIsThatOfTheExtremes() {
    ChannelStatistics statistics = new ChannelStatistics();
    statistics.add(Tensor.of(new float[] {-8, 3, 5, 1}, 2, 2));
    ChannelFactors factors = ChannelFactors.of(new float[] {4, 0.5f});
    Encoding encoding = Equalization.encode(statistics, BITS, false, factors);
    // -8/4 … 3/0.5
    assertThat(encoding.scale(0)).isCloseTo(8 / 255f, within(1e-6f));
    assertThat(encoding.zeroPoint(0)).isEqualTo(64);
    assertThat(encoding.factors()).isEqualTo(factors);
  }

  @Test
  void aSymmetricActivationKeepsItsZeroPoint() {
    float[] x = noise(50 * K);
    for (int i = 0; i < x.length; i += K) {
      x[i] *= 60;
    }

    ChannelFactors factors =
        Equalization.factors(observed(x), BITS, true, List.of(weight(noise(OUT * K), 8)));
    Encoding encoding = Equalization.encode(observed(x), BITS, true, factors);

    assertThat(factors.isNone()).isFalse();
    assertThat(encoding.grid()).isEqualTo(Grid.signed(8));
    assertThat(encoding.zeroPoint(0)).isZero();
  }

  @Test
  void deadChannelsTakeTheLeastFactor() {
    float[] channels = outlier(1000);
    channels[3] = 0;
    float[] x = noise(POSITIONS * K, channels);
    ChannelFactors factors =
        Equalization.factors(observed(x), BITS, false, List.of(weight(noise(OUT * K), 8)));
    for (float factor : factors.values()) {
      assertThat(factors.of(3)).isLessThanOrEqualTo(factor);
    }
    assertThat(
            Equalization.factors(observed(new float[K]), BITS, false, List.of(weight(noise(K), 8))))
        .isEqualTo(ChannelFactors.NONE);
  }
}
