package io.halfstep.ranges;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.ranges.RangeMethod.MinMax;
import io.halfstep.ranges.RangeMethod.Mse;
import io.halfstep.statistics.Moments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputMseTest {
  private static final int OUT = 4;
  private static final int K = 12;
  private static final int SAMPLES = 50;

  /** A layer's weight, and its input in the float and in the quantized network. */
  private record Layer(float[] weights, double[][] x, double[][] student) {
    /** Correlated inputs, of which one is large; the student's are noisy. */
    static Layer of(Random random) {
      float[] weights = new float[OUT * K];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = (float) (random.nextGaussian() * (random.nextInt(10) == 0 ? 4 : 1));
      }
      double[][] x = new double[SAMPLES][K];
      double[][] student = new double[SAMPLES][K];
      for (int s = 0; s < SAMPLES; s++) {
        double common = random.nextGaussian();
        for (int j = 0; j < K; j++) {
          x[s][j] = (common + random.nextGaussian()) * (j == 3 ? 10 : 1);
          student[s][j] = x[s][j] + 0.1 * random.nextGaussian();
        }
      }
      return new Layer(weights, x, student);
    }

    /** Moments of the inputs {@code [from, to)}, as sums over the samples. */
    Moments moments(int firstRow, int rows, int from, int to, int pieces) {
      int k = to - from;
      double[] gram = new double[k * k];
      double[] cross = new double[rows * k];
      double[] shift = new double[rows];
      for (int s = 0; s < SAMPLES; s++) {
        for (int i = 0; i < k; i++) {
          for (int j = 0; j < k; j++) {
            gram[i * k + j] += student[s][from + i] * student[s][from + j] / SAMPLES;
          }
        }
        for (int r = 0; r < rows; r++) {
          double wDelta = 0;
          for (int j = 0; j < K; j++) {
            wDelta += weights[(firstRow + r) * K + j] * (student[s][j] - x[s][j]) / pieces;
          }
          shift[r] += wDelta * wDelta / SAMPLES;
          for (int j = 0; j < k; j++) {
            cross[r * k + j] += wDelta * student[s][from + j] / SAMPLES;
          }
        }
      }
      return new Moments(k, SAMPLES, gram, cross, shift);
    }

    List<Moments> moments() {
      return List.of(moments(0, OUT, 0, K, 1));
    }

    /** Returns {@code E (w x − ŵ x̂)²} of a row, from the samples. */
    double error(int row, Encoding encoding) {
      float[] rounded = QuantizedWeight.nearest(weights, OUT, K, encoding).dequantize();
      double sum = 0;
      for (int s = 0; s < SAMPLES; s++) {
        double difference = 0;
        for (int j = 0; j < K; j++) {
          difference += weights[row * K + j] * x[s][j] - rounded[row * K + j] * student[s][j];
        }
        sum += difference * difference / SAMPLES;
      }
      return sum;
    }

    double error(Encoding encoding) {
      double sum = 0;
      for (int row = 0; row < OUT; row++) {
        sum += error(row, encoding);
      }
      return sum;
    }

    Encoding encode(Grid grid, Granularity granularity, WeightRangeMethod method) {
      return encode(grid, granularity, method, moments());
    }

    Encoding encode(
        Grid grid, Granularity granularity, WeightRangeMethod method, List<Moments> moments) {
      Encoding chosen = WeightRanges.encode(weights, OUT, K, grid, granularity, method);
      return method.improve(chosen, weights, OUT, K, moments);
    }
  }

  @Property(tries = 200)
  void isNeverWorseThanTheRangesOfTheWeightAlone(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 8) int bits, @ForAll boolean symmetric) {
    Layer layer = Layer.of(new Random(seed));
    Grid grid = symmetric ? Grid.signed(bits) : Grid.unsigned(bits);
    for (Granularity granularity : List.of(Granularity.CHANNEL, Granularity.TENSOR)) {
      double error = layer.error(layer.encode(grid, granularity, new OutputMse()));

      assertThat(error)
          .isLessThanOrEqualTo(layer.error(layer.encode(grid, granularity, new Mse())) + 1e-9)
          .isLessThanOrEqualTo(layer.error(layer.encode(grid, granularity, new MinMax())) + 1e-9);
    }
    Granularity blocks = Granularity.block(5);
    assertThat(layer.error(layer.encode(grid, blocks, new OutputMse())))
        .isLessThanOrEqualTo(layer.error(layer.encode(grid, blocks, new Mse())) + 1e-9);
  }

  @ParameterizedTest
  @CsvSource({"2, 11", "3, 12", "4, 13", "8, 14"})
  void findsAboutWhatAnExhaustiveScanFinds(int bits, long seed) {
    Layer layer = Layer.of(new Random(seed));
    Grid grid = Grid.signed(bits);
    Encoding found = layer.encode(grid, Granularity.CHANNEL, new OutputMse());
    Encoding mse = layer.encode(grid, Granularity.CHANNEL, new Mse());
    double best = 0;
    for (int row = 0; row < OUT; row++) {
      double least = Double.POSITIVE_INFINITY;
      for (int i = 500; i <= 2000; i++) {
        float scale = mse.scale(row) * i / 1000;
        float[] scales = mse.scales();
        scales[row] = scale;
        least = Math.min(least, layer.error(row, mse.with(scales, mse.zeroPoints())));
      }
      best += least;
    }

    assertThat(layer.error(found)).isLessThan(best * 1.1);
    assertThat(layer.error(found)).isLessThan(layer.error(mse));
  }

  @Test
  void aScaleOfTheTensorIsThatOfAllRows() {
    Layer layer = Layer.of(new Random(5));
    Grid grid = Grid.signed(4);
    Encoding found = layer.encode(grid, Granularity.TENSOR, new OutputMse());
    double best = Double.POSITIVE_INFINITY;
    for (int i = 500; i <= 2000; i++) {
      float[] scale = {found.scale(0) * i / 1000};
      best = Math.min(best, layer.error(found.with(scale, found.zeroPoints())));
    }

    assertThat(layer.error(found)).isLessThan(best * 1.05);
  }

  @Test
  void blocksAccountForEachOther() {
    Layer layer = Layer.of(new Random(6));
    Grid grid = Grid.signed(3);
    Granularity blocks = Granularity.block(4);

    Encoding found = layer.encode(grid, blocks, new OutputMse());

    assertThat(found.blocks()).isEqualTo(3);
    assertThat(layer.error(found))
        .isLessThan(layer.error(layer.encode(grid, blocks, new Mse())) * 0.8);
  }

  /** The pieces of a row have moments of their own; a scale is for all of them. */
  @Test
  void rowsMayBeInPieces() {
    Layer layer = Layer.of(new Random(7));
    Grid grid = Grid.signed(3);
    List<Moments> pieces = List.of(layer.moments(0, OUT, 0, 7, 2), layer.moments(0, OUT, 7, K, 2));
    Encoding start = layer.encode(grid, Granularity.CHANNEL, new Mse());

    Encoding found = layer.encode(grid, Granularity.CHANNEL, new OutputMse(), pieces);

    assertThat(bound(layer, pieces, found)).isLessThan(bound(layer, pieces, start));
    assertThat(layer.encode(grid, Granularity.block(5), new OutputMse(), pieces).blocks())
        .isEqualTo(3);
  }

  /** {@code n Σᵢ Lᵢ} of {@link Moments}. */
  private static double bound(Layer layer, List<Moments> pieces, Encoding encoding) {
    float[] rounded = QuantizedWeight.nearest(layer.weights(), OUT, K, encoding).dequantize();
    double sum = 0;
    for (int row = 0; row < OUT; row++) {
      int from = row * K;
      for (Moments piece : pieces) {
        double[] d = new double[piece.k()];
        for (int j = 0; j < d.length; j++) {
          d[j] = (double) rounded[from + j] - layer.weights()[from + j];
        }
        sum += pieces.size() * piece.loss(row, d);
        from += piece.k();
      }
    }
    return sum;
  }

  @Test
  void groupsHaveTheirOwnMoments() {
    Layer layer = Layer.of(new Random(8));
    Grid grid = Grid.signed(3);
    List<Moments> groups =
        new ArrayList<>(List.of(layer.moments(0, 2, 0, K, 1), layer.moments(2, 2, 0, K, 1)));

    assertThat(layer.encode(grid, Granularity.CHANNEL, new OutputMse(), groups))
        .isEqualTo(layer.encode(grid, Granularity.CHANNEL, new OutputMse()));

    groups.set(1, groups.get(1).unrepaired());
    Encoding other = layer.encode(grid, Granularity.CHANNEL, new OutputMse(), groups);
    Encoding all = layer.encode(grid, Granularity.CHANNEL, new OutputMse());
    assertThat(Arrays.copyOf(other.scales(), 2)).isEqualTo(Arrays.copyOf(all.scales(), 2));
    assertThat(other).isNotEqualTo(all);
  }

  /** An input divided by powers of two, and weights times them, are the same products. */
  @Test
  void factorsChangeNoProducts() {
    Layer layer = Layer.of(new Random(9));
    float[] factors = new float[K];
    float[] multiplied = layer.weights().clone();
    double[][] x = new double[SAMPLES][K];
    double[][] student = new double[SAMPLES][K];
    for (int j = 0; j < K; j++) {
      factors[j] = Math.scalb(1f, j % 3 - 1);
      for (int row = 0; row < OUT; row++) {
        multiplied[row * K + j] *= factors[j];
      }
      for (int s = 0; s < SAMPLES; s++) {
        x[s][j] = layer.x()[s][j] / factors[j];
        student[s][j] = layer.student()[s][j] / factors[j];
      }
    }
    Grid grid = Grid.signed(3);
    Layer divided = new Layer(multiplied, x, student);
    Encoding expected = divided.encode(grid, Granularity.CHANNEL, new OutputMse());
    ChannelFactors inverse = ChannelFactors.of(factors).inverse();

    Encoding found =
        new OutputMse()
            .improve(
                divided.encode(grid, Granularity.CHANNEL, new Mse()).withFactors(inverse),
                layer.weights(),
                OUT,
                K,
                layer.moments());

    assertThat(found).isEqualTo(expected.withFactors(inverse));
  }

  @Test
  void withoutAnInputItIsMse() {
    Layer layer = Layer.of(new Random(10));
    Layer dead = new Layer(layer.weights(), new double[SAMPLES][K], new double[SAMPLES][K]);
    Layer zero = new Layer(new float[OUT * K], layer.x(), layer.student());
    for (Layer each : List.of(dead, zero)) {
      for (Grid grid : List.of(Grid.signed(4), Grid.unsigned(2))) {
        assertThat(each.encode(grid, Granularity.CHANNEL, new OutputMse()))
            .isEqualTo(each.encode(grid, Granularity.CHANNEL, new Mse()));
      }
    }
  }

  @Test
  void hugeWeightsHaveAnEncoding() {
    Layer layer = Layer.of(new Random(11));
    layer.weights()[0] = Float.MAX_VALUE;
    layer.weights()[1] = -Float.MAX_VALUE;

    Encoding encoding = layer.encode(Grid.signed(4), Granularity.CHANNEL, new OutputMse());

    assertThat(encoding.dequantize(encoding.grid().lowest(), 0)).isFinite();
  }
}
