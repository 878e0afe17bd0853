package io.halfstep.papers;

import java.util.Arrays;

/** Spearman's: the correlation of ranks, which outliers do not rule. */
final class RankCorrelation {
  private RankCorrelation() {}

  /** Returns the correlation, from −1 to 1, of two series of the same length. */
  static double of(double[] first, double[] second) {
    double[] x = centredRanks(first);
    double[] y = centredRanks(second);
    return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
  }

  /** Equal values share the mean of their ranks. */
  private static double[] centredRanks(double[] values) {
    return Arrays.stream(values)
        .map(
            value -> {
              long below = Arrays.stream(values).filter(other -> other < value).count();
              long above = Arrays.stream(values).filter(other -> other > value).count();
              return (below - above) / 2.0;
            })
        .toArray();
  }

  private static double product(double[] x, double[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += x[i] * y[i];
    }
    return sum;
  }
}
