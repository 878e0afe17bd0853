package io.halfstep.levels;

import io.halfstep.quantizer.Codebook;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Granularity.Unit;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.SignedSums;
import io.halfstep.quantizer.WeightLevels;
import io.halfstep.quantizer.WeightLevels.Kind;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Chooses levels and scales so that the squared error of rounding to nearest is small, each weight
 * counted by its importance: the mean square of its input. There is a scale for each row, or one
 * for all.
 */
public final class WeightLevelChoice {
  /**
   * The least importance of a weight, relative to the mean: that of one whose input is always 0.
   */
  private static final double LEAST = 1e-6;

  /** More vectors are drawn from, for time. */
  private static final int MOST_VECTORS = 1 << 16;

  private final float[] rows;
  private final int out;
  private final int k;
  private final double[][] importance;
  private final WeightLevels levels;
  private final Grid grid;
  private final boolean perTensor;

  private WeightLevelChoice(
      float[] rows,
      int out,
      int k,
      double[][] importance,
      WeightLevels levels,
      Grid grid,
      boolean perTensor) {
    this.rows = rows;
    this.out = out;
    this.k = k;
    this.importance = importance;
    this.levels = levels;
    this.grid = grid;
    this.perTensor = perTensor;
  }

  /**
   * Chooses levels and scales.
   *
   * @param rows the weight {@code [out, K]}, row-major
   * @param importance of the inputs of each group of rows, {@code [groups, K]}
   * @param levels not uniform
   * @param bits of an index, unless the levels fix them
   * @param granularity per tensor or per channel
   * @param keepsZeros whether 0 must be a level of a codebook
   * @param seed of random choices
   */
  public static Encoding encode(
      float[] rows,
      int out,
      int k,
      double[][] importance,
      WeightLevels levels,
      int bits,
      Granularity granularity,
      boolean keepsZeros,
      long seed) {
    double[][] positive =
        Arrays.stream(importance).map(WeightLevelChoice::positive).toArray(double[][]::new);
    WeightLevelChoice choice =
        new WeightLevelChoice(
            rows,
            out,
            k,
            positive,
            levels,
            levels.indices(bits),
            granularity.unit() == Unit.TENSOR);
    return choice.encode(keepsZeros, seed);
  }

  private static double[] positive(double[] importance) {
    double mean = Arrays.stream(importance).average().orElse(0);
    double least = mean > 0 ? LEAST * mean : 1;
    return Arrays.stream(importance).map(h -> Math.max(least, h)).toArray();
  }

  private Encoding encode(boolean keepsZeros, long seed) {
    int size = grid.steps() + 1;
    return switch (levels.kind()) {
      case UNIFORM -> throw new IllegalArgumentException("uniform levels have ranges");
      case TERNARY -> fixed(new double[] {-1, 0, 1}, each(Ternary::scale));
      case POWER_OF_TWO -> {
        double[] powers = PowerOfTwo.levels(size);
        yield fixed(powers, each(channel -> PowerOfTwo.scale(channel, powers)));
      }
      case BINARY ->
          levels.parameter() == 1
              ? fixed(new double[] {-1, 1}, each(channel -> Bases.alphas(channel, 1)[0]))
              : sums();
      case CODEBOOK -> codebook(size, keepsZeros);
      case PRODUCT -> vectors(size, new SplittableRandom(seed));
    };
  }

  private Encoding fixed(double[] table, double[] scales) {
    return encoding(scales, 1, table);
  }

  private Encoding sums() {
    double[] tables =
        IntStream.range(0, channels())
            .parallel()
            .mapToObj(c -> SignedSums.of(Bases.alphas(channel(c), levels.parameter())))
            .flatMapToDouble(DoubleStream::of)
            .toArray();
    return encoding(ones(), channels(), tables);
  }

  /** The means of all rows together, each in units of its root mean square. */
  private Encoding codebook(int size, boolean keepsZeros) {
    double[] scales = each(channel -> Math.sqrt(channel.mean(x -> x * x)));
    WeightedValues all = scaled(scales);
    if (!keepsZeros) {
      return encoding(scales, 1, KMeans.means(all, size));
    }
    double[] nonZero = KMeans.means(all.withoutZeros(), size - 1);
    return encoding(
        scales,
        1,
        DoubleStream.concat(DoubleStream.of(0), DoubleStream.of(nonZero)).sorted().toArray());
  }

  /** The means of vectors of all rows, each in units of its root mean square. */
  private Encoding vectors(int size, SplittableRandom random) {
    double[] scales = each(channel -> Math.sqrt(channel.mean(x -> x * x)));
    WeightedValues all = scaled(scales);
    int dimension = levels.dimension();
    int ofRow = (k - 1) / dimension + 1;
    int[] chosen = IntStream.range(0, out * ofRow).toArray();
    if (chosen.length > MOST_VECTORS) {
      chosen = random.ints(MOST_VECTORS, 0, out * ofRow).toArray();
    }
    double[][] vectors = new double[chosen.length][dimension];
    double[][] weights = new double[chosen.length][dimension];
    for (int i = 0; i < chosen.length; i++) {
      int column = chosen[i] % ofRow * dimension;
      int from = chosen[i] / ofRow * k + column;
      int length = Math.min(dimension, k - column);
      System.arraycopy(all.values(), from, vectors[i], 0, length);
      System.arraycopy(all.weights(), from, weights[i], 0, length);
    }
    double[][] centres = VectorMeans.centres(vectors, weights, size, random);
    return encoding(scales, 1, Arrays.stream(centres).flatMapToDouble(DoubleStream::of).toArray());
  }

  private Encoding encoding(double[] scales, int tables, double[] values) {
    // of a channel of zeros: 1, unless no level is 0
    double ofZeros = levels.kind() == Kind.BINARY && levels.parameter() == 1 ? 0 : 1;
    float[] valid = new float[scales.length];
    for (int c = 0; c < valid.length; c++) {
      valid[c] = (float) Math.max(Float.MIN_NORMAL, scales[c] == 0 ? ofZeros : scales[c]);
    }
    float[] table = new float[values.length];
    for (int i = 0; i < table.length; i++) {
      table[i] = (float) values[i];
    }
    return Encoding.perChannel(grid, valid, new int[valid.length])
        .withCodebook(new Codebook(levels, tables, table));
  }

  private interface OfChannel {
    double scale(WeightedValues channel);
  }

  private double[] each(OfChannel choice) {
    return IntStream.range(0, channels())
        .parallel()
        .mapToDouble(c -> choice.scale(channel(c)))
        .toArray();
  }

  private int channels() {
    return perTensor ? 1 : out;
  }

  private double[] ones() {
    double[] ones = new double[channels()];
    Arrays.fill(ones, 1);
    return ones;
  }

  private WeightedValues channel(int c) {
    int length = perTensor ? rows.length : k;
    double[] values = new double[length];
    double[] weights = new double[length];
    for (int i = 0; i < length; i++) {
      values[i] = rows[c * k + i];
      weights[i] = importanceOf(c * k + i);
    }
    return new WeightedValues(values, weights);
  }

  /** All weights in units of their scales. */
  private WeightedValues scaled(double[] scales) {
    double[] values = new double[rows.length];
    double[] weights = new double[rows.length];
    for (int i = 0; i < rows.length; i++) {
      double scale = scales[perTensor ? 0 : i / k];
      double unit = scale == 0 ? 1 : scale;
      values[i] = rows[i] / unit;
      weights[i] = importanceOf(i) * unit * unit;
    }
    return new WeightedValues(values, weights);
  }

  private double importanceOf(int weight) {
    int group = weight / k / (out / importance.length);
    return importance[group][weight % k];
  }
}
