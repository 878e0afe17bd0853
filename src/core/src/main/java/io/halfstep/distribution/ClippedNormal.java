package io.halfstep.distribution;

import io.halfstep.statistics.BatchNormStatistics;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The distribution of a tensor's channels: {@code min(highest, max(lowest, x))} of a normal {@code
 * x}, such as what a batch norm and ReLU or ReLU6 make ([D] §4.2.1 and its appendix on the clipped
 * normal distribution).
 *
 * @param mean of x, {@code [channels]}
 * @param std of x, {@code [channels]}, not negative
 * @param lowest {@code [channels]}; may be −∞
 * @param highest {@code [channels]}, not below {@code lowest}; may be +∞
 */
public record ClippedNormal(double[] mean, double[] std, double[] lowest, double[] highest) {
  /** How far from its mean a normal variable is taken to go, in standard deviations ([D] §5). */
  private static final double REACH = 6;

  /** Beyond this, the normal distribution function is 0 or 1 in double precision. */
  private static final double FAR = 8.5;

  /** Returns the distribution of what a batch norm makes. */
  public static ClippedNormal of(BatchNormStatistics statistics) {
    return normal(statistics.mean(), statistics.std());
  }

  /** Returns mean 0 and deviation 1 for some channels. */
  public static ClippedNormal standard(int channels) {
    double[] ones = new double[channels];
    Arrays.fill(ones, 1);
    return normal(new double[channels], ones);
  }

  private static ClippedNormal normal(double[] mean, double[] std) {
    double[] lowest = new double[mean.length];
    double[] highest = new double[mean.length];
    Arrays.fill(lowest, Double.NEGATIVE_INFINITY);
    Arrays.fill(highest, Double.POSITIVE_INFINITY);
    return new ClippedNormal(mean, std, lowest, highest);
  }

  public int channels() {
    return mean.length;
  }

  /**
   * Returns the distribution of {@code min(most, max(least, y))}.
   *
   * @param least for each channel, or for all
   * @param most likewise
   */
  public ClippedNormal clipped(double[] least, double[] most) {
    double[] low = new double[channels()];
    double[] high = new double[channels()];
    for (int c = 0; c < low.length; c++) {
      double from = least[Math.min(c, least.length - 1)];
      double to = most[Math.min(c, most.length - 1)];
      low[c] = Math.min(to, Math.max(from, lowest[c]));
      high[c] = Math.min(to, Math.max(from, highest[c]));
    }
    return new ClippedNormal(mean, std, low, high);
  }

  /** Returns a normal distribution with the mean and variance of the sum of independent values. */
  public ClippedNormal plus(ClippedNormal other) {
    double[] sums = new double[channels()];
    double[] stds = new double[channels()];
    for (int c = 0; c < sums.length; c++) {
      sums[c] = expected(c) + other.expected(c);
      stds[c] = Math.sqrt(variance(c) + other.variance(c));
    }
    return normal(sums, stds);
  }

  /** Returns the channels of both, one after the other. */
  public ClippedNormal and(ClippedNormal other) {
    return new ClippedNormal(
        joined(mean, other.mean),
        joined(std, other.std),
        joined(lowest, other.lowest),
        joined(highest, other.highest));
  }

  private static double[] joined(double[] a, double[] b) {
    double[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  /** Returns the mean of a channel. */
  public double expected(int channel) {
    double mu = mean[channel];
    double sigma = std[channel];
    double low = lowest[channel];
    double high = highest[channel];
    if (sigma == 0) {
      return Math.min(high, Math.max(low, mu));
    }
    double a = (low - mu) / sigma;
    double b = (high - mu) / sigma;
    double below = cumulative(a);
    double above = cumulative(-b);
    return times(low, below)
        + times(high, above)
        + mu * (1 - below - above)
        + sigma * (density(a) - density(b));
  }

  /** Returns the variance of a channel. */
  public double variance(int channel) {
    double sigma = std[channel];
    if (sigma == 0) {
      return 0;
    }
    // of y − μ, so that nothing cancels where μ is large
    double a = (lowest[channel] - mean[channel]) / sigma;
    double b = (highest[channel] - mean[channel]) / sigma;
    double below = cumulative(a);
    double above = cumulative(-b);
    double first = times(a, below) + times(b, above) + density(a) - density(b);
    double second =
        times(a * a, below)
            + times(b * b, above)
            + (1 - below - above)
            + times(a, density(a))
            - times(b, density(b));
    return sigma * sigma * Math.max(0, second - first * first);
  }

  /** Returns the least value of any channel, up to 6 standard deviations from its mean. */
  public double least() {
    return IntStream.range(0, channels())
        .mapToDouble(c -> bounded(c, mean[c] - REACH * std[c]))
        .min()
        .orElse(0);
  }

  /** Returns the greatest value of any channel, up to 6 standard deviations from its mean. */
  public double greatest() {
    return IntStream.range(0, channels())
        .mapToDouble(c -> bounded(c, mean[c] + REACH * std[c]))
        .max()
        .orElse(0);
  }

  private double bounded(int channel, double x) {
    return Math.min(highest[channel], Math.max(lowest[channel], x));
  }

  /** Returns a product that is 0 for a probability of 0, also of an infinite bound. */
  private static double times(double bound, double probability) {
    return probability == 0 ? 0 : bound * probability;
  }

  private static double density(double x) {
    return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  }

  /**
   * The normal distribution function, by its power series (G. Marsaglia 2004, <em>Evaluating the
   * Normal Distribution</em>, J. Statistical Software 11): {@code ½ + φ(x)·(x + x³/3 + x⁵/(3·5) +
   * …)}, with an absolute error below 1e-14.
   */
  private static double cumulative(double x) {
    if (x <= -FAR || x >= FAR) {
      return x < 0 ? 0 : 1;
    }
    double term = x;
    double sum = x;
    for (int i = 3; sum + term != sum; i += 2) {
      term *= x * x / i;
      sum += term;
    }
    return Math.max(0, 0.5 + sum * density(x));
  }
}
