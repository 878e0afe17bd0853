package io.halfstep.drift;

import io.halfstep.quantizer.Encoding;
import io.halfstep.statistics.Histogram;

/** Compares distributions of an activation's values. */
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
      double middle = middle(values, i);
      if (middle < least || middle > greatest) {
        outside += counts[i];
      }
    }
    return (double) outside / values.total();
  }

  /**
   * Returns the Wasserstein distance of order 1 in standard deviations of the earlier values:
   * {@code ∫ |F − F₀| dx / σ₀} (Villani 2009, <em>Optimal Transport</em>, remark 2.19), up to the
   * bins' widths.
   *
   * @return 0 for equal distributions; infinite if σ₀ is 0 and others are not equal; NaN if one of
   *     them is empty
   */
  public static double distance(Histogram values, Histogram earlier) {
    if (values.total() == 0 || earlier.total() == 0) {
      return Double.NaN;
    }
    double width = Math.max(values.binWidth(), earlier.binWidth());
    long[] a = values.counts();
    long[] b = earlier.counts();
    double shareA = 0;
    double shareB = 0;
    double area = 0;
    int i = 0;
    int j = 0;
    double at = Math.min(left(values, 0), left(earlier, 0));
    double end = Math.max(left(values, a.length), left(earlier, b.length));
    for (; at < end; at += width) {
      for (; i < a.length && middle(values, i) < at + width; i++) {
        shareA += (double) a[i] / values.total();
      }
      for (; j < b.length && middle(earlier, j) < at + width; j++) {
        shareB += (double) b[j] / earlier.total();
      }
      area += Math.abs(shareA - shareB) * width;
    }
    return area == 0 ? 0 : area / deviation(earlier);
  }

  private static double left(Histogram of, int bin) {
    return (of.firstBin() + bin) * of.binWidth();
  }

  private static double middle(Histogram of, int bin) {
    return (of.firstBin() + bin + 0.5) * of.binWidth();
  }

  /** Returns the standard deviation, with each value in the middle of its bin. */
  private static double deviation(Histogram of) {
    long[] counts = of.counts();
    double mean = 0;
    for (int i = 0; i < counts.length; i++) {
      mean += middle(of, i) * counts[i] / of.total();
    }
    double variance = 0;
    for (int i = 0; i < counts.length; i++) {
      double d = middle(of, i) - mean;
      variance += d * d * counts[i] / of.total();
    }
    return Math.sqrt(variance);
  }
}
