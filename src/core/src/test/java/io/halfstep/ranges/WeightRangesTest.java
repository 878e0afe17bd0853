package io.halfstep.ranges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.ranges.RangeMethod.MinMax;
import io.halfstep.ranges.RangeMethod.Mse;
import io.halfstep.ranges.RangeMethod.Percentile;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightRangesTest {
  private static final double L24 = 2.4;

  @Property(tries = 300)
  void symmetricMinMaxIsTheFinestThatClipsNothing(
      @ForAll("rows") float[] row, @ForAll @IntRange(min = 2, max = 8) int bits) {
    Encoding encoding = encode(row, bits, true, new MinMax());

    assertThat(encoding.grid()).isEqualTo(Grid.signed(bits));
    assertThat(encoding.symmetric()).isTrue();
    float low = min(row);
    float high = max(row);
    assertThat(encoding.dequantize(encoding.grid().lowest(), 0))
        .isLessThanOrEqualTo(low + ulps(low));
    assertThat(encoding.dequantize(encoding.grid().highest(), 0))
        .isGreaterThanOrEqualTo(high - ulps(high));
    double finest =
        Math.max(-low / Math.scalb(1.0, bits - 1), high / (Math.scalb(1.0, bits - 1) - 1));
    assertThat((double) encoding.scale(0)).isCloseTo(finest, within(1e-6 * finest));
  }

  @Property(tries = 300)
  void asymmetricMinMaxClipsHalfAStepAtMost(
      @ForAll("rows") float[] row, @ForAll @IntRange(min = 2, max = 8) int bits) {
    Encoding encoding = encode(row, bits, false, new MinMax());

    assertThat(encoding.grid()).isEqualTo(Grid.unsigned(bits));
    double low = Math.min(0, min(row));
    double high = Math.max(0, max(row));
    double half = encoding.scale(0) * 0.50001;
    assertThat((double) encoding.dequantize(0, 0)).isCloseTo(low, within(half));
    assertThat((double) encoding.dequantize(encoding.grid().highest(), 0))
        .isCloseTo(high, within(half));
    assertThat(encoding.dequantize(encoding.zeroPoint(0), 0)).isZero();
  }

  @Property(tries = 300)
  void mseIsNeverWorseThanMinMax(
      @ForAll("rows") float[] row,
      @ForAll @IntRange(min = 2, max = 8) int bits,
      @ForAll boolean symmetric) {
    double p = symmetric ? 2 : L24;
    double mse = error(row, encode(row, bits, symmetric, new Mse()), p);
    double minMax = error(row, encode(row, bits, symmetric, new MinMax()), p);

    assertThat(mse).isLessThanOrEqualTo(minMax * (1 + 1e-5));
  }

  @Property(tries = 300)
  void lpIsNeverWorseThanMinMax(
      @ForAll("rows") float[] row,
      @ForAll @IntRange(min = 2, max = 8) int bits,
      @ForAll boolean symmetric,
      @ForAll @DoubleRange(min = 1, max = 4) double p) {
    double lp = error(row, encode(row, bits, symmetric, new Lp(p)), p);
    double minMax = error(row, encode(row, bits, symmetric, new MinMax()), p);

    assertThat(lp).isLessThanOrEqualTo(minMax * (1 + 1e-3));
  }

  @ParameterizedTest
  @CsvSource({"2, 1", "3, 1.5", "4, 3", "4, 4"})
  void lpFindsWhatAnExhaustiveScanFinds(int bits, double p) {
    for (float[] row : bellShapedRows(3, 257)) {
      Grid grid = Grid.signed(bits);
      double widest = Math.max(-min(row), max(row)) / grid.highest();
      double best = Double.POSITIVE_INFINITY;
      for (int i = 1; i <= 1000; i++) {
        Encoding candidate = Encoding.perTensor(grid, (float) (widest * i / 1000), 0);
        best = Math.min(best, error(row, candidate, p));
      }

      assertThat(error(row, encode(row, bits, true, new Lp(p)), p)).isLessThan(best * 1.01);
    }
  }

  @Test
  void aGreaterPowerClipsLess() {
    float[] row = bellShapedRows(1, 257)[0];

    assertThat(encode(row, 3, true, new Lp(4)).scale(0))
        .isGreaterThan(encode(row, 3, true, new Lp(2)).scale(0));
  }

  /** The search of mse_scale in the reference: 36 scales from 0.3 to 1 of max|w|/p. */
  @Property(tries = 300)
  void symmetricMseIsNeverWorseThanTheReference(
      @ForAll("rows") float[] row, @ForAll @IntRange(min = 2, max = 8) int bits) {
    Grid grid = Grid.signed(bits);
    double widest = Math.max(-min(row), max(row)) / grid.highest();
    double reference = Double.POSITIVE_INFINITY;
    for (int i = 0; i <= 35; i++) {
      float scale = (float) (widest * (0.3 + 0.02 * i));
      reference = Math.min(reference, error(row, Encoding.perTensor(grid, scale, 0), 2));
    }

    assertThat(error(row, encode(row, bits, true, new Mse()), 2))
        .isLessThanOrEqualTo(reference * (1 + 1e-5));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void symmetricMseFindsWhatAnExhaustiveScanFinds(int bits) {
    for (float[] row : bellShapedRows(6, 257)) {
      Grid grid = Grid.signed(bits);
      double widest = Math.max(-min(row), max(row)) / grid.highest();
      double best = Double.POSITIVE_INFINITY;
      for (int i = 1; i <= 3000; i++) {
        Encoding candidate = Encoding.perTensor(grid, (float) (widest * i / 3000), 0);
        best = Math.min(best, error(row, candidate, 2));
      }

      assertThat(error(row, encode(row, bits, true, new Mse()), 2)).isLessThan(best * 1.01);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void asymmetricMseFindsWhatAnExhaustiveScanFinds(int bits) {
    for (float[] row : bellShapedRows(4, 131)) {
      Grid grid = Grid.unsigned(bits);
      double widest = 2 * Math.max(-min(row), max(row)) / grid.highest();
      double best = Double.POSITIVE_INFINITY;
      for (int zeroPoint = 0; zeroPoint <= grid.highest(); zeroPoint++) {
        for (int i = 1; i <= 400; i++) {
          Encoding candidate = Encoding.perTensor(grid, (float) (widest * i / 400), zeroPoint);
          best = Math.min(best, error(row, candidate, L24));
        }
      }

      assertThat(error(row, encode(row, bits, false, new Mse()), L24)).isLessThan(best * 1.01);
    }
  }

  @Test
  void mseReachesTheGridThatTheWeightsAreOn() {
    float[] row = {-0.5f, -0.25f, 0, 0.25f, 0.25f, -0.5f, 0};

    assertThat(encode(row, 2, true, new Mse()).scale(0)).isCloseTo(0.25f, within(1e-3f));
    Encoding asymmetric = encode(new float[] {-0.25f, 0, 0.25f, 0.5f}, 2, false, new Mse());
    assertThat(asymmetric.scale(0)).isCloseTo(0.25f, within(1e-3f));
    assertThat(asymmetric.zeroPoint(0)).isEqualTo(1);
  }

  @Test
  void mseUsesTheLongerNegativeEndAtLowBits() {
    float[] row = {-2, -1, -2, -1, -2, 0.5f};

    assertThat(encode(row, 2, true, new Mse()).scale(0)).isCloseTo(1, within(0.05f));
    assertThat(encode(row, 2, true, new MinMax()).scale(0)).isEqualTo(1);
  }

  @Test
  void percentileClipsItsShare() {
    float[] row = new float[1000];
    for (int i = 0; i < row.length; i++) {
      row[i] = (i + 1) * (i % 2 == 0 ? -1 : 1);
    }

    float symmetric = encode(row, 8, true, new Percentile(99)).scale(0);
    assertThat(symmetric).isCloseTo(990f / 127, within(1e-4f));
    Encoding asymmetric = encode(row, 8, false, new Percentile(99.9));
    assertThat(asymmetric.scale(0)).isCloseTo((997f + 998f) / 255, within(1e-4f));
    assertThat(encode(row, 8, true, new Percentile(100)))
        .isEqualTo(encode(row, 8, true, new MinMax()));
    assertThat(encode(row, 8, false, new Percentile(100)))
        .isEqualTo(encode(row, 8, false, new MinMax()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"minmax", "mse", "lp:1", "lp:2.4", "lp:4", "percentile:99"})
  void everyRowHasAnEncodingWhateverItHolds(String method) {
    float[] constants = {
      0, 1, -1, Float.MIN_VALUE, -Float.MIN_VALUE, 1e-40f, 1e38f, -3e38f, Float.MAX_VALUE, 1e-20f
    };
    for (boolean symmetric : new boolean[] {true, false}) {
      for (int bits = 2; bits <= 8; bits++) {
        for (float constant : constants) {
          float[] row = new float[5];
          Arrays.fill(row, constant);

          Encoding encoding = encode(row, bits, symmetric, RangeMethods.OF_WEIGHTS.parse(method));

          float back = encoding.dequantize(encoding.quantize(constant, 0), 0);
          boolean normal = Math.abs(constant) >= Float.MIN_NORMAL && Math.abs(constant) <= 1e38f;
          assertThat(back)
              .isCloseTo(constant, within(normal ? Math.abs(constant) * 1e-3f : 1.8e38f))
              .isFinite();
          assertThat(encoding.dequantize(encoding.quantize(0, 0), 0)).isZero();
          if (constant == 0) {
            assertThat(encoding.scale(0)).isEqualTo(1);
          }
          if (Math.abs(constant) < Float.MIN_NORMAL) {
            assertThat(back).isCloseTo(constant, within(Float.MIN_NORMAL));
          }
          assertThat(encoding.dequantize(encoding.grid().lowest(), 0)).isFinite();
          assertThat(encoding.dequantize(encoding.grid().highest(), 0)).isFinite();
        }
      }
    }
  }

  @Test
  void theRestrictedRangeIsTheSameAtBothEnds() {
    Encoding negative = encode(new float[] {-7, 3}, Grid.restricted(4), new MinMax());
    Encoding positive = encode(new float[] {-3, 7}, Grid.restricted(4), new MinMax());
    Encoding full = encode(new float[] {-8, 7}, Grid.signed(4), new MinMax());

    assertThat(negative).isEqualTo(Encoding.perTensor(new Grid(4, -7, 7), 1, 0));
    assertThat(positive).isEqualTo(negative);
    assertThat(full.scale(0)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void mseFindsTheBestOfTheRestrictedRange(int bits) {
    Grid grid = Grid.restricted(bits);
    for (float[] row : bellShapedRows(3, 257)) {
      double widest = Math.max(-min(row), max(row)) / grid.highest();
      double best = Double.POSITIVE_INFINITY;
      for (int i = 1; i <= 1000; i++) {
        Encoding candidate = Encoding.perTensor(grid, (float) (widest * i / 1000), 0);
        best = Math.min(best, error(row, candidate, 2));
      }

      assertThat(error(row, encode(row, grid, new Mse()), 2)).isLessThan(best * 1.01);
    }
  }

  @Test
  void theWholeFloatRangeHasAnEncoding() {
    float[] row = {-Float.MAX_VALUE, Float.MAX_VALUE, 1, 0};
    for (RangeMethod method : List.of(new MinMax(), new Mse(), new Lp(4), new Percentile(90))) {
      for (boolean symmetric : new boolean[] {true, false}) {
        Encoding encoding = encode(row, 4, symmetric, method);

        assertThat(encoding.dequantize(encoding.grid().lowest(), 0)).isFinite();
        assertThat(encoding.dequantize(encoding.grid().highest(), 0)).isFinite();
      }
    }
  }

  @Test
  void eachRowHasItsOwnScaleAndATensorOne() {
    float[] rows = {1, -1, 0.5f, 10, -10, 5};

    Encoding channel =
        WeightRanges.encode(rows, 2, 3, Grid.signed(8), Granularity.CHANNEL, new MinMax());
    Encoding tensor =
        WeightRanges.encode(rows, 2, 3, Grid.signed(8), Granularity.TENSOR, new MinMax());

    assertThat(channel.channels()).isEqualTo(2);
    assertThat(channel.scale(0)).isEqualTo(1f / 127);
    assertThat(channel.scale(1)).isEqualTo(10f / 127);
    assertThat(tensor.channels()).isEqualTo(1);
    assertThat(tensor.scale(0)).isEqualTo(10f / 127);
  }

  @Property(tries = 100)
  void aBlockGetsWhatItWouldGetAlone(
      @ForAll("rows") float[] row,
      @ForAll @IntRange(min = 1, max = 50) int blockSize,
      @ForAll boolean symmetric) {
    int k = row.length;
    float[] rows = Arrays.copyOf(row, 2 * k);
    for (int i = 0; i < k; i++) {
      rows[k + i] = 3 * row[k - 1 - i];
    }
    Granularity granularity = new Granularity(Granularity.Unit.BLOCK, blockSize);
    for (RangeMethod method : List.of(new Mse(), new MinMax(), new Percentile(90))) {
      Encoding blocks = WeightRanges.encode(rows, 2, k, grid(4, symmetric), granularity, method);

      assertThat(blocks.fits(2, k)).isTrue();
      float[] scales = new float[k];
      int[] zeroPoints = new int[k];
      for (int r = 0; r < 2; r++) {
        blocks.spread(r, scales, zeroPoints);
        for (int from = 0; from < k; from += blockSize) {
          float[] block =
              Arrays.copyOfRange(rows, r * k + from, r * k + Math.min(k, from + blockSize));
          Encoding alone = encode(block, 4, symmetric, method);
          assertThat(scales[from]).isEqualTo(alone.scale(0));
          assertThat(zeroPoints[from]).isEqualTo(alone.zeroPoint(0));
        }
      }
    }
  }

  @Test
  void aBlockThatHoldsARowIsAChannel() {
    float[] rows = {1, -1, 0.5f, 10, -10, 5};

    assertThat(WeightRanges.encode(rows, 2, 3, Grid.signed(8), Granularity.block(3), new MinMax()))
        .isEqualTo(
            WeightRanges.encode(rows, 2, 3, Grid.signed(8), Granularity.CHANNEL, new MinMax()));
  }

  @Test
  void doesNotDependOnTheNumberOfThreads() {
    Random random = new Random(11);
    float[] rows = new float[3 * 40_000];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (float) random.nextGaussian();
    }
    for (Granularity granularity :
        List.of(Granularity.TENSOR, Granularity.CHANNEL, Granularity.block(1024))) {
      for (boolean symmetric : new boolean[] {true, false}) {
        ForkJoinPool one = new ForkJoinPool(1);
        ForkJoinPool four = new ForkJoinPool(4);

        Encoding alone =
            one.submit(
                    () ->
                        WeightRanges.encode(
                            rows, 3, 40_000, grid(4, symmetric), granularity, new Mse()))
                .join();
        Encoding together =
            four.submit(
                    () ->
                        WeightRanges.encode(
                            rows, 3, 40_000, grid(4, symmetric), granularity, new Mse()))
                .join();
        one.shutdown();
        four.shutdown();

        assertThat(together).isEqualTo(alone);
      }
    }
  }

  @Test
  void refusesWeightsThatAreNotFinite() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      for (RangeMethod method : new RangeMethod[] {new MinMax(), new Mse(), new Percentile(99)}) {
        assertThatThrownBy(() -> encode(new float[] {1, bad, 2}, 4, true, method))
            .isInstanceOf(InvalidInputException.class)
            .hasMessageContaining("NaN or infinite");
      }
    }
  }

  @Provide
  static Arbitrary<float[]> rows() {
    return Arbitraries.randomValue(
        random -> {
          float[] row = new float[1 + random.nextInt(80)];
          double scale = Math.exp(random.nextGaussian() * 5);
          double shift = random.nextInt(3) == 0 ? random.nextGaussian() * 3 : 0;
          for (int i = 0; i < row.length; i++) {
            double outlier = random.nextInt(20) == 0 ? 10 : 1;
            row[i] = (float) (scale * (shift + outlier * random.nextGaussian()));
          }
          return row;
        });
  }

  private static float[][] bellShapedRows(int rows, int k) {
    Random random = new Random(17);
    float[][] result = new float[rows][k];
    for (float[] row : result) {
      double shift = random.nextGaussian() * 0.02;
      for (int i = 0; i < k; i++) {
        row[i] = (float) (shift + 0.05 * random.nextGaussian() * (random.nextInt(40) == 0 ? 4 : 1));
      }
    }
    return result;
  }

  private static Encoding encode(
      float[] row, int bits, boolean symmetric, WeightRangeMethod method) {
    return encode(row, grid(bits, symmetric), method);
  }

  private static Encoding encode(float[] row, Grid grid, WeightRangeMethod method) {
    return WeightRanges.encode(row, 1, row.length, grid, Granularity.CHANNEL, method);
  }

  private static Grid grid(int bits, boolean symmetric) {
    return symmetric ? Grid.signed(bits) : Grid.unsigned(bits);
  }

  private static double error(float[] row, Encoding encoding, double p) {
    float[] back = QuantizedWeight.nearest(row, 1, row.length, encoding).dequantize();
    double sum = 0;
    for (int i = 0; i < row.length; i++) {
      sum += Math.pow(Math.abs((double) row[i] - back[i]), p);
    }
    return sum;
  }

  private static float min(float[] row) {
    float min = row[0];
    for (float w : row) {
      min = Math.min(min, w);
    }
    return min;
  }

  private static float max(float[] row) {
    float max = row[0];
    for (float w : row) {
      max = Math.max(max, w);
    }
    return max;
  }

  private static float ulps(float x) {
    return 2 * Math.ulp(x);
  }
}
