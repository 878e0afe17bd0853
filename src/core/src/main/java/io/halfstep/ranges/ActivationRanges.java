package io.halfstep.ranges;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;

/** Chooses the range of an activation tensor ([W] §3.1) from its statistics. */
public final class ActivationRanges {
  private ActivationRanges() {}

  /**
   * Chooses scale and zero point, on the unsigned grid. The range includes 0; if all data are on
   * one side of 0, the zero point is an end of the grid. The methods:
   *
   * <ul>
   *   <li>min-max clips nothing but half a step at most, since 0 is exact;
   *   <li>MSE minimises E (x − x̂)² and L_p E |x − x̂|^p, taking values as evenly spread over their
   *       bin of the histogram (exact zeros apart). Never worse than min-max by this measure;
   *   <li>KL minimises the information that the histogram loses, see {@link Kl};
   *   <li>percentile P clips at the {@code 1 − P/100} and {@code P/100} quantiles, to within one
   *       bin of the histogram: less than 1/2047 of the distance between the extremes (see {@link
   *       io.halfstep.statistics.Histogram#quantile}).
   * </ul>
   *
   * If no finite value other than zero was observed, the scale is 1.
   *
   * @param bits 2 to 16
   */
  public static Encoding encode(
      ActivationStatistics statistics, int bits, ActivationRangeMethod method) {
    Grid grid = Grid.unsigned(bits);
    Affine chosen =
        statistics.count() == 0 ? new Affine(1, 0) : method.ofActivation(statistics, grid, false);
    return Encoding.perTensor(grid, chosen.scale(), chosen.zeroPoint());
  }
}
