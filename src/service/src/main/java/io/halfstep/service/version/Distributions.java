package io.halfstep.service.version;

import io.halfstep.quantizer.Encoding;
import io.halfstep.statistics.Histogram;

/** Compares and summarizes histograms. */
public final class Distributions {
  private Distributions() {}

  /**
   * Returns the share of values that quantization clips: those outside of a per-tensor encoding's
   * range, extended by half a step at both ends. Values in the two bins with the range's ends are
   * only approximated.
   *
   * @return 0 to 1; NaN if nothing was counted
   */
  public static double clipped(Histogram values, Encoding encoding) {
    double half = 0.5 * encoding.scale(0);
    double least = encoding.dequantize(encoding.grid().lowest(), 0) - half;
    double greatest = encoding.dequantize(encoding.grid().highest(), 0) + half;
    long[] counts = values.counts();
    long outside = 0;
    for (int i = 0; i < counts.length; i++) {
      double middle = (values.firstBin() + i + 0.5) * values.binWidth();
      if (middle < least || middle > greatest) {
        outside += counts[i];
      }
    }
    return (double) outside / values.total();
  }

  /**
   * Returns the two-sample Kolmogorov–Smirnov statistic, the greatest difference between the
   * cumulative distribution functions, at the edges of the coarser histogram's bins.
   *
   * @return 0 for equal distributions, to 1 for disjoint ones; NaN if one of them is empty
   */
  static double distance(Histogram a, Histogram b) {
    if (a.total() == 0 || b.total() == 0) {
      return Double.NaN;
    }
    int exponent = Math.max(a.exponent(), b.exponent());
    Cumulative ofA = new Cumulative(a, exponent);
    Cumulative ofB = new Cumulative(b, exponent);
    int first = Math.min(ofA.firstBin(), ofB.firstBin());
    int last = Math.max(ofA.lastBin(), ofB.lastBin());
    double greatest = 0;
    for (int bin = first; bin <= last; bin++) {
      greatest = Math.max(greatest, Math.abs(ofA.upTo(bin) - ofB.upTo(bin)));
    }
    return greatest;
  }

  /** A histogram's cumulative distribution, evaluated bin by bin, in bins of width 2^exponent. */
  private static final class Cumulative {
    private final long[] counts;
    private final int first;
    private final int shift;
    private final double total;
    private int next;
    private long below;

    Cumulative(Histogram of, int exponent) {
      counts = of.counts();
      first = of.firstBin();
      shift = Math.min(exponent - of.exponent(), Integer.SIZE - 1);
      total = of.total();
    }

    int firstBin() {
      return first >> shift;
    }

    int lastBin() {
      return (first + counts.length - 1) >> shift;
    }

    double upTo(int bin) {
      while (next < counts.length && (first + next) >> shift <= bin) {
        below += counts[next++];
      }
      return below / total;
    }
  }
}
