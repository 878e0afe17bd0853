package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.Histogram;
import java.util.function.ToDoubleFunction;

/**
 * The information that a quantizer loses ([T], entropy calibration): the divergence {@code Σ P
 * log(P/Q)} over the bins of a histogram that the quantizer does not clip.
 *
 * <ul>
 *   <li>{@code P}: the shares of the values, where those that are clipped count in the first or
 *       last of these bins.
 *   <li>{@code Q}: what is left of them: the values that are not clipped, those of each level
 *       spread evenly over its bins that hold any in {@code P}.
 * </ul>
 *
 * A bin belongs to the level nearest to its middle. Zeros are left out, since every encoding
 * represents them exactly. If a level has clipped values only, the divergence is infinite.
 */
final class HistogramDivergence implements ToDoubleFunction<Affine> {
  private final Grid grid;
  private final long[] counts;
  private final double[] middles;
  private final long total;

  HistogramDivergence(Histogram histogram, Grid grid) {
    this.grid = grid;
    counts = histogram.counts();
    int first = histogram.firstBin();
    if (histogram.zeros() > 0) {
      counts[-first] -= histogram.zeros();
    }
    middles = new double[counts.length];
    for (int i = 0; i < middles.length; i++) {
      double middle = (first + i + 0.5) * histogram.binWidth();
      middles[i] = Math.max(histogram.min(), Math.min(histogram.max(), middle));
    }
    total = histogram.total() - histogram.zeros();
  }

  @Override
  public double applyAsDouble(Affine affine) {
    int lowest = grid.lowest() - affine.zeroPoint();
    int highest = grid.highest() - affine.zeroPoint();
    int first = 0;
    int end = counts.length;
    long below = 0;
    long above = 0;
    while (first < end && level(first, affine) < lowest) {
      below += counts[first++];
    }
    while (first < end && level(end - 1, affine) > highest) {
      above += counts[--end];
    }
    long kept = total - below - above;
    if (kept == 0) {
      return total == 0 ? 0 : Double.POSITIVE_INFINITY;
    }
    long[] clipped = counts.clone();
    clipped[first] += below;
    clipped[end - 1] += above;
    double divergence = 0;
    int from = first;
    while (from < end) {
      int to = from + 1;
      while (to < end && level(to, affine) == level(from, affine)) {
        to++;
      }
      divergence += ofLevel(from, to, clipped, (double) kept / total);
      from = to;
    }
    return divergence;
  }

  private double level(int bin, Affine affine) {
    return Math.rint(middles[bin] / affine.scale());
  }

  /** Returns {@code Σ P log(P/Q)} over the bins {@code [from, to)} of a level. */
  private double ofLevel(int from, int to, long[] clipped, double keptShare) {
    long values = 0;
    int filled = 0;
    for (int i = from; i < to; i++) {
      values += counts[i];
      filled += clipped[i] > 0 ? 1 : 0;
    }
    if (filled == 0) {
      return 0;
    }
    double spread = (double) values / filled;
    double sum = 0;
    for (int i = from; i < to; i++) {
      if (clipped[i] > 0) {
        sum += clipped[i] * Math.log(clipped[i] / spread * keptShare);
      }
    }
    return sum / total;
  }
}
