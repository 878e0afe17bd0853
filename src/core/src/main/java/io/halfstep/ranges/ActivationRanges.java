package io.halfstep.ranges;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;

/** Chooses the range of an activation tensor ([W] §3.1) from its statistics. */
public final class ActivationRanges {
  private ActivationRanges() {}

  /**
   * Chooses scale and zero point ([W] §2.1). The range includes 0. Asymmetric: on the unsigned
   * grid; if all data are on one side of 0, the zero point is an end of it. Symmetric: zero point
   * 0, on the signed grid, or on the unsigned one if no value is negative. The methods:
   *
   * <ul>
   *   <li>min-max clips nothing but half a step at most, since 0 is exact;
   *   <li>MSE minimises E (x − x̂)² and L_p E |x − x̂|^p, taking values as evenly spread over their
   *       bin of the histogram (exact zeros apart). Never worse than min-max by this measure;
   *   <li>KL minimises the information that the histogram loses, see {@link Kl};
   *   <li>percentile P clips at the {@code 1 − P/100} and {@code P/100} quantiles, to within one
   *       bin of the histogram: less than 1/2047 of the distance between the extremes (see {@link
   *       io.halfstep.statistics.Histogram#quantile}). Symmetric: at the one further from 0.
   * </ul>
   *
   * If no finite value other than zero was observed, the scale is 1.
   *
   * @param bits 2 to 16
   * @param symmetric whether the zero point must be 0
   */
  public static Encoding encode(
      ActivationStatistics statistics, int bits, boolean symmetric, ActivationRangeMethod method) {
    return encode(statistics, grid(bits, symmetric, statistics.min()), symmetric, method);
  }

  /**
   * Chooses scale and zero point on a given grid.
   *
   * @param symmetric whether the zero point must be 0
   */
  public static Encoding encode(
      ActivationStatistics statistics, Grid grid, boolean symmetric, ActivationRangeMethod method) {
    Affine chosen =
        statistics.count() == 0
            ? new Affine(1, 0)
            : method.ofActivation(statistics, grid, symmetric);
    return Encoding.perTensor(grid, chosen.scale(), chosen.zeroPoint());
  }

  /**
   * Chooses scale and zero point for a range, as min-max does.
   *
   * @param least of the range
   * @param greatest of the range
   * @param bits 2 to 16
   * @param symmetric whether the zero point must be 0
   */
  public static Encoding encode(double least, double greatest, int bits, boolean symmetric) {
    return encode(least, greatest, grid(bits, symmetric, least), symmetric);
  }

  /** Chooses scale and zero point for a range on a given grid. */
  public static Encoding encode(double least, double greatest, Grid grid, boolean symmetric) {
    Affine chosen = Affine.covering(grid, symmetric, least, greatest);
    return Encoding.perTensor(grid, chosen.scale(), chosen.zeroPoint());
  }

  /**
   * Returns the mean of (x − x̂)² over the values, taking them as evenly spread over their bin of
   * the histogram (exact zeros apart); 0 if there are none.
   *
   * @param encoding of the whole tensor
   */
  public static double meanSquaredError(ActivationStatistics statistics, Encoding encoding) {
    if (statistics.count() == 0) {
      return 0;
    }
    HistogramError error = new HistogramError(statistics.histogram(), encoding.grid(), 2);
    return error.applyAsDouble(new Affine(encoding.scale(0), encoding.zeroPoint(0)))
        / statistics.count();
  }

  /** Returns the grid of an activation whose least value is this. */
  static Grid grid(int bits, boolean symmetric, double least) {
    return symmetric && least < 0 ? Grid.signed(bits) : Grid.unsigned(bits);
  }
}
