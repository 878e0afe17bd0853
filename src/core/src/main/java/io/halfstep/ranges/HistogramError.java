package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.Histogram;
import java.util.function.ToDoubleFunction;

/**
 * The error {@code Σ |x − x̂|^p} of a quantizer over the values of a histogram, assuming that
 * values are evenly spread over their bin. Zeros have no error, since every encoding represents
 * them exactly.
 *
 * <p>The integral of the error over a bin is exact whatever the widths of bin and step: with {@code
 * E(x)} the integral of {@code |t − t̂|^p} up to {@code x}, a bin contributes {@code count · (E(b)
 * − E(a)) / (b − a)}. A whole step adds {@code 2 (s/2)^(p+1) / (p+1)} to {@code E}.
 */
final class HistogramError implements ToDoubleFunction<Affine> {
  private final Grid grid;
  private final double p;
  private final long[] counts;

  /** The bounds of the bins, cut to the extremes: one more than there are bins. */
  private final double[] edges;

  HistogramError(Histogram histogram, Grid grid, double p) {
    this.grid = grid;
    this.p = p;
    counts = histogram.counts();
    int first = histogram.firstBin();
    if (histogram.zeros() > 0) {
      counts[-first] -= histogram.zeros();
    }
    edges = new double[counts.length + 1];
    for (int i = 0; i < edges.length; i++) {
      double edge = (first + i) * histogram.binWidth();
      edges[i] = Math.max(histogram.min(), Math.min(histogram.max(), edge));
    }
  }

  @Override
  public double applyAsDouble(Affine affine) {
    double scale = affine.scale();
    double ofStep = Math.pow(scale, p + 1);
    double lowest = scale * (grid.lowest() - affine.zeroPoint());
    double highest = scale * (grid.highest() - affine.zeroPoint());
    double sum = 0;
    double before = integral(edges[0], scale, ofStep, lowest, highest);
    for (int i = 0; i < counts.length; i++) {
      double after = integral(edges[i + 1], scale, ofStep, lowest, highest);
      if (counts[i] > 0) {
        double width = edges[i + 1] - edges[i];
        double mean =
            width > 0 ? (after - before) / width : error(edges[i], scale, lowest, highest);
        sum += counts[i] * mean;
      }
      before = after;
    }
    return sum;
  }

  private double integral(double x, double scale, double ofStep, double lowest, double highest) {
    double inside = Math.max(lowest, Math.min(highest, x));
    double q = inside / scale;
    double nearest = Math.rint(q);
    double steps = nearest * 2 * oddPower(0.5) + oddPower(q - nearest);
    return (ofStep * steps + oddPower(x - inside)) / (p + 1);
  }

  /** Returns {@code |d|^(p+1)} with the sign of d. */
  private double oddPower(double d) {
    if (p == 2) {
      return d * d * d;
    }
    return d == 0 ? 0 : Math.copySign(Math.pow(Math.abs(d), p + 1), d);
  }

  private double error(double x, double scale, double lowest, double highest) {
    double nearest = scale * Math.rint(Math.max(lowest, Math.min(highest, x)) / scale);
    return Math.pow(Math.abs(x - nearest), p);
  }
}
