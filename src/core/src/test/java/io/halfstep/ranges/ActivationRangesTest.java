package io.halfstep.ranges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.ranges.RangeMethod.MinMax;
import io.halfstep.ranges.RangeMethod.Mse;
import io.halfstep.ranges.RangeMethod.Percentile;
import io.halfstep.statistics.ActivationStatistics;
import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ActivationRangesTest {
  private static final ActivationRangeMethod[] METHODS = {
    new MinMax(), new Mse(), new Lp(1), new Lp(2.4), new Lp(4), new Kl(), new Percentile(99.9)
  };

  @Test
  void minMaxSpansTheExtremesAndZero() {
    Encoding both = encode(values(1000, g -> g), 8, new MinMax());
    Encoding above = encode(new float[] {3, 5, 10}, 8, new MinMax());
    Encoding below = encode(new float[] {-3, -5, -10}, 8, new MinMax());

    assertThat(both.grid()).isEqualTo(Grid.unsigned(8));
    assertThat(above.scale(0)).isEqualTo(10f / 255);
    assertThat(above.zeroPoint(0)).isZero();
    assertThat(below.scale(0)).isEqualTo(10f / 255);
    assertThat(below.zeroPoint(0)).isEqualTo(255);
  }

  /** Against the values themselves; the histogram takes them as evenly spread over a bin. */
  @Property(tries = 100)
  void theMeanSquaredErrorIsThatOfTheValues(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 8) int bits) {
    float[] values = values(new Random(seed), 20_000, g -> Math.max(0, g));
    ActivationStatistics statistics = new ActivationStatistics();
    statistics.add(values);
    Encoding encoding = ActivationRanges.encode(statistics, bits, false, new Mse());
    float[] rounded = new float[values.length];
    encoding.roundTrip(values, rounded);
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += Math.pow((double) values[i] - rounded[i], 2);
    }

    assertThat(ActivationRanges.meanSquaredError(statistics, encoding))
        .isCloseTo(sum / values.length, withinPercentage(5));
    assertThat(ActivationRanges.meanSquaredError(new ActivationStatistics(), encoding)).isZero();
  }

  @Property(tries = 200)
  void dataOnOneSideKeepTheZeroPointAtAnEnd(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 16) int bits) {
    float[] positive = values(new Random(seed), 300, Math::abs);
    float[] negative = values(new Random(seed), 300, g -> -Math.abs(g));

    for (ActivationRangeMethod method : METHODS) {
      assertThat(encode(positive, bits, method).zeroPoint(0)).isZero();
      assertThat(encode(negative, bits, method).zeroPoint(0)).isEqualTo((1 << bits) - 1);
    }
  }

  @Property(tries = 100)
  void symmetricIsSignedUnlessNoValueIsNegative(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 16) int bits) {
    float[] both = values(new Random(seed), 300, g -> g);
    float[] negative = values(new Random(seed), 300, g -> -Math.abs(g));
    float[] positive = values(new Random(seed), 300, Math::abs);

    for (ActivationRangeMethod method : METHODS) {
      for (float[] values : new float[][] {both, negative}) {
        Encoding encoding = encode(values, bits, true, method);
        assertThat(encoding.grid()).isEqualTo(Grid.signed(bits));
        assertThat(encoding.zeroPoint(0)).isZero();
      }
      assertThat(encode(positive, bits, true, method)).isEqualTo(encode(positive, bits, method));
    }
  }

  @Test
  void symmetricMinMaxIsTheFinestThatClipsNothing() {
    assertThat(encode(new float[] {-1, 2.54f}, 8, true, new MinMax()))
        .isEqualTo(Encoding.perTensor(Grid.signed(8), 2.54f / 127, 0));
    assertThat(encode(new float[] {-2.56f, 1}, 8, true, new MinMax()))
        .isEqualTo(Encoding.perTensor(Grid.signed(8), 2.56f / 128, 0));
  }

  @Test
  void symmetricPercentileIsTheQuantileFurtherFromZero() {
    float[] values = new float[1001];
    for (int i = 0; i <= 1000; i++) {
      values[i] = (i - 250) / 100f; // from -2.5 to 7.5
    }

    Encoding encoding = encode(values, 8, true, new Percentile(90));

    assertThat(encoding.dequantize(127, 0)).isCloseTo(6.5f, within(0.02f));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void symmetricMseFindsWhatAnExhaustiveScanFinds(int bits) {
    Random random = new Random(43);
    float[] values = values(random, 4000, g -> g * (random.nextInt(50) == 0 ? 4 : 1));
    Grid grid = Grid.signed(bits);
    double best = Double.POSITIVE_INFINITY;
    for (int i = 1; i <= 400; i++) {
      Encoding candidate = Encoding.perTensor(grid, 15f / grid.highest() * i / 400, 0);
      best = Math.min(best, error(values, candidate));
    }

    assertThat(error(values, encode(values, bits, true, new Mse()))).isLessThan(best * 1.02);
  }

  @Property(tries = 200)
  void lpIsNeverWorseThanMinMax(
      @ForAll long seed,
      @ForAll @IntRange(min = 2, max = 8) int bits,
      @ForAll @DoubleRange(min = 1, max = 4) double p) {
    Random random = new Random(seed);
    double shift = random.nextGaussian();
    float[] values = values(random, 2000, g -> shift + g * (random.nextInt(100) == 0 ? 20 : 1));

    double lp = error(values, encode(values, bits, new Lp(p)), p);
    double minMax = error(values, encode(values, bits, new MinMax()), p);

    // The histogram takes values as evenly spread over a bin; the true error may differ by a
    // little.
    assertThat(lp).isLessThanOrEqualTo(minMax * 1.02);
  }

  @Test
  void mseIsLpOfTwo() {
    float[] values = values(5000, g -> 0.5 + g * g * g);

    assertThat(encode(values, 4, new Mse())).isEqualTo(encode(values, 4, new Lp(2)));
  }

  @ParameterizedTest
  @CsvSource({"2, 1", "3, 1.5", "2, 2", "3, 2", "4, 2", "8, 2", "4, 2.4", "3, 4"})
  void lpFindsWhatAnExhaustiveScanOfTheValuesFinds(int bits, double p) {
    Random random = new Random(23);
    float[] values =
        values(random, 20_000, g -> Math.max(0, g * (random.nextInt(50) == 0 ? 6 : 1)));
    float max = 0;
    for (float value : values) {
      max = Math.max(max, value);
    }
    Grid grid = Grid.unsigned(bits);
    double best = Double.POSITIVE_INFINITY;
    for (int i = 1; i <= 400; i++) {
      float scale = (float) (max * (i / 400.0) / grid.highest());
      best = Math.min(best, error(values, Encoding.perTensor(grid, scale, 0), p));
    }

    assertThat(error(values, encode(values, bits, new Lp(p)), p)).isLessThan(best * 1.01);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void mseFindsBothEnds(int bits) {
    Random random = new Random(29);
    float[] values =
        values(random, 4000, g -> (g > 0 ? 3 * g : g) * (random.nextInt(50) == 0 ? 4 : 1));
    Grid grid = Grid.unsigned(bits);
    double best = Double.POSITIVE_INFINITY;
    for (int zeroPoint = 0; zeroPoint <= grid.highest(); zeroPoint++) {
      for (int i = 1; i <= 150; i++) {
        float scale = (float) (30 * (i / 150.0) / grid.highest());
        best = Math.min(best, error(values, Encoding.perTensor(grid, scale, zeroPoint)));
      }
    }

    assertThat(error(values, encode(values, bits, new Mse()))).isLessThan(best * 1.02);
  }

  @Test
  void mseOfARectifiedUniformIsItsRange() {
    Random random = new Random(31);
    float[] values = values(random, 50_000, g -> random.nextDouble() * 6);

    Encoding encoding = encode(values, 8, new Mse());

    // 256 levels from 0: the least error of a uniform density on [0, 6] has its last cell end at 6.
    assertThat((double) encoding.scale(0)).isCloseTo(6 / 255.5, within(6 / 255.5 * 2e-3));
  }

  /** At 12 bits a bin is wider than a step, so that zeros spread over theirs would count. */
  @Test
  void aSpikeOfZerosDoesNotMoveTheRange() {
    Random random = new Random(37);
    float[] positive =
        values(random, 20_000, g -> Math.abs(g) * (random.nextInt(2000) == 0 ? 60 : 1));
    float[] withZeros = Arrays.copyOf(positive, 400_000);

    assertThat(encode(withZeros, 12, new Mse())).isEqualTo(encode(positive, 12, new Mse()));
  }

  @Property(tries = 200)
  void percentileErrsByLessThanABin(@ForAll long seed) {
    float[] values = values(new Random(seed), 5000, g -> g * g * g);
    ActivationStatistics statistics = statisticsOf(values);
    float[] sorted = values.clone();
    Arrays.sort(sorted);

    Encoding encoding = ActivationRanges.encode(statistics, 16, false, new Percentile(99.5));

    double width = statistics.histogram().binWidth() + encoding.scale(0);
    // Either of two ranks may be meant where 0.5 % of the values is a whole number.
    assertThat((double) encoding.dequantize(0, 0))
        .isBetween(sorted[24] - width, sorted[25] + width);
    assertThat((double) encoding.dequantize(65535, 0))
        .isBetween(sorted[4974] - width, sorted[4975] + width);
  }

  @Test
  void batchesOfAnySizeGiveTheSame() {
    Random random = new Random(41);
    float[] values = values(random, 96 * 50, g -> g * (random.nextInt(300) == 0 ? 40 : 1));
    for (ActivationRangeMethod method : METHODS) {
      boolean symmetric = random.nextBoolean();
      Encoding whole = encode(values, 4, symmetric, method);
      for (int batch : new int[] {1, 2, 3, 32}) {
        ActivationStatistics statistics = new ActivationStatistics();
        for (int from = 0; from < values.length; from += batch * 50) {
          statistics.add(Arrays.copyOfRange(values, from, from + batch * 50));
        }

        assertThat(ActivationRanges.encode(statistics, 4, symmetric, method)).isEqualTo(whole);
      }
    }
  }

  @Test
  void whateverWasObservedHasAnEncoding() {
    float[][] streams = {
      {},
      {Float.NaN, Float.POSITIVE_INFINITY},
      {0, -0f, 0},
      {5},
      {-5, -5},
      {Float.MIN_VALUE, 0},
      {-1e-39f, 1e-39f},
      {Float.MAX_VALUE, -Float.MAX_VALUE, 1},
      {3e38f},
      {1e38f, 1e-38f, 0, -1}
    };
    for (float[] stream : streams) {
      for (int bits = 2; bits <= 16; bits++) {
        for (ActivationRangeMethod method : METHODS) {
          requireFinite(stream, encode(stream, bits, false, method));
          requireFinite(stream, encode(stream, bits, true, method));
        }
      }
    }
    assertThat(encode(new float[] {0, 0}, 8, new Mse()).scale(0)).isEqualTo(1);
    assertThat(encode(new float[0], 8, new Mse()))
        .isEqualTo(Encoding.perTensor(Grid.unsigned(8), 1, 0));
    Encoding constant = encode(new float[] {5, 5, 5}, 8, new Mse());
    assertThat(constant.dequantize(constant.quantize(5, 0), 0)).isCloseTo(5, within(1e-5f));
  }

  private static void requireFinite(float[] stream, Encoding encoding) {
    float[] back = new float[stream.length];
    encoding.roundTrip(stream, back);
    for (int i = 0; i < stream.length; i++) {
      if (stream[i] == 0) {
        assertThat(back[i]).isZero();
      }
      if (!Float.isNaN(stream[i])) {
        assertThat(back[i]).isFinite();
      }
    }
  }

  private static Encoding encode(float[] values, int bits, ActivationRangeMethod method) {
    return encode(values, bits, false, method);
  }

  private static Encoding encode(
      float[] values, int bits, boolean symmetric, ActivationRangeMethod method) {
    return ActivationRanges.encode(statisticsOf(values), bits, symmetric, method);
  }

  private static ActivationStatistics statisticsOf(float[] values) {
    ActivationStatistics statistics = new ActivationStatistics();
    statistics.add(values);
    return statistics;
  }

  private static double error(float[] values, Encoding encoding) {
    return error(values, encoding, 2);
  }

  private static double error(float[] values, Encoding encoding, double p) {
    float[] back = new float[values.length];
    encoding.roundTrip(values, back);
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      double d = (double) values[i] - back[i];
      sum += p == 2 ? d * d : Math.pow(Math.abs(d), p);
    }
    return sum;
  }

  private static float[] values(int n, DoubleUnaryOperator ofGaussian) {
    return values(new Random(19), n, ofGaussian);
  }

  private static float[] values(Random random, int n, DoubleUnaryOperator ofGaussian) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) ofGaussian.applyAsDouble(random.nextGaussian());
    }
    return values;
  }
}
