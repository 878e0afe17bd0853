package io.halfstep.ranges;

import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ChannelStatistics;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Factors for the channels of an activation that few channels dominate: {@code x·Wᵀ = (x/d)·(W·d)ᵀ}
 * ([X] eq. 3), so that rounding {@code x/d} on one scale spares the small channels, and rounding
 * {@code W·d} takes a share of the difficulty.
 *
 * <p>As in [X] eq. 4, {@code d_j} is a power of the channel's greatest magnitude {@code r_j}, here
 * {@code r_j^α} rounded to a power of two, so that no product changes. Of several α the one is
 * taken with the least noise at the outputs of the readers, the inputs independent of each other:
 *
 * <pre>  Σ_j (Δ d_j)²/12 · ‖W_j‖² + Σ_rj (w_rj − ŵ_rj)² · E[x_j²] </pre>
 *
 * where {@code Δ} is the step of the activation with the range of {@code x/d}, whose errors are
 * taken as evenly spread ([W] §2.2), and {@code ŵ} are the weights rounded to nearest with the
 * range of {@code W·d}.
 */
public final class Equalization {
  /** The factors cost a product for each value at run time. */
  private static final double LEAST_GAIN = Math.pow(10, 0.2);

  private static final int EXPONENTS = 8;
  private static final int GREATEST_POWER = 20;

  /**
   * A weight that multiplies the activation.
   *
   * @param rows {@code [out, K]}, row-major
   * @param out the number of rows
   * @param grid of its integers
   * @param granularity of its scales
   */
  public record Weight(float[] rows, int out, Grid grid, Granularity granularity) {}

  private final ChannelStatistics x;
  private final int bits;
  private final boolean symmetric;
  private final List<Weight> weights;

  private Equalization(ChannelStatistics x, int bits, boolean symmetric, List<Weight> weights) {
    this.x = x;
    this.bits = bits;
    this.symmetric = symmetric;
    this.weights = weights;
  }

  /**
   * Returns the factors of an activation's channels; empty if they reduce the noise by less than 2
   * dB.
   *
   * @param x the activation's channels, as many as each weight's rows are long
   * @param bits of the activation
   * @param symmetric whether its zero point must be 0
   * @param weights of the layers that read it
   */
  public static ChannelFactors factors(
      ChannelStatistics x, int bits, boolean symmetric, List<Weight> weights) {
    return new Equalization(x, bits, symmetric, weights).best();
  }

  /**
   * Returns the encoding of an activation with these factors. Its range are the extremes of the
   * values divided by them: a channel's factor multiplies the error of values that are clipped.
   */
  public static Encoding encode(
      ChannelStatistics x, int bits, boolean symmetric, ChannelFactors factors) {
    double low = 0;
    double high = 0;
    for (int j = 0; j < x.channels(); j++) {
      low = Math.min(low, (double) x.least()[j] / factors.of(j));
      high = Math.max(high, (double) x.greatest()[j] / factors.of(j));
    }
    Grid grid = ActivationRanges.grid(bits, symmetric, low);
    Affine affine = Affine.covering(grid, symmetric, low, high);
    return Encoding.perTensor(grid, affine.scale(), affine.zeroPoint()).withFactors(factors);
  }

  private ChannelFactors best() {
    ChannelFactors best = ChannelFactors.NONE;
    double least = noise(best) / LEAST_GAIN;
    for (int i = 1; i <= EXPONENTS; i++) { // one after the other: each takes a copy of the weights
      ChannelFactors tried = power((double) i / EXPONENTS);
      double noise = noise(tried);
      if (noise < least) {
        least = noise;
        best = tried;
      }
    }
    return best;
  }

  /**
   * Returns {@code r^α} as powers of two, around 1. Channels without values get the least of them,
   * so that their weights take no part of the range.
   */
  private ChannelFactors power(double alpha) {
    double mean =
        IntStream.range(0, x.channels())
            .filter(this::isUsed)
            .mapToDouble(this::log)
            .average()
            .orElse(0);
    int[] powers = new int[x.channels()];
    int least = 0;
    for (int j = 0; j < powers.length; j++) {
      double power = isUsed(j) ? Math.rint(alpha * (log(j) - mean)) : 0;
      powers[j] = (int) Math.max(-GREATEST_POWER, Math.min(GREATEST_POWER, power));
      least = Math.min(least, powers[j]);
    }
    float[] factors = new float[powers.length];
    for (int j = 0; j < factors.length; j++) {
      factors[j] = Math.scalb(1f, isUsed(j) ? powers[j] : least);
    }
    return ChannelFactors.of(factors);
  }

  private boolean isUsed(int channel) {
    return x.least()[channel] < 0 || x.greatest()[channel] > 0;
  }

  private double log(int channel) {
    return Math.log(Math.max(-x.least()[channel], x.greatest()[channel])) / Math.log(2);
  }

  private double noise(ChannelFactors factors) {
    double step = encode(x, bits, symmetric, factors).scale(0);
    double noise = 0;
    for (Weight weight : weights) {
      noise += noise(weight, factors, step);
    }
    return noise;
  }

  private double noise(Weight weight, ChannelFactors factors, double step) {
    int k = x.channels();
    Encoding encoding =
        WeightRanges.encode(
                factors.times(weight.rows()),
                weight.out(),
                k,
                weight.grid(),
                weight.granularity(),
                new RangeMethod.MinMax())
            .withFactors(factors.inverse());
    float[] steps = new float[k];
    int[] zeros = new int[k];
    double noise = 0;
    for (int row = 0; row < weight.out(); row++) {
      encoding.spread(row, steps, zeros);
      for (int j = 0; j < k; j++) {
        float w = weight.rows()[row * k + j];
        double rounded = steps[j] * (encoding.grid().quantize(w, steps[j], zeros[j]) - zeros[j]);
        noise +=
            square(step * factors.of(j) * w) / 12
                + square(w - rounded) * x.squares()[j] / x.positions();
      }
    }
    return noise;
  }

  private static double square(double x) {
    return x * x;
  }
}
