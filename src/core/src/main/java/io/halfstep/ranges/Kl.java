package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;

/**
 * The range whose quantized histogram loses least information: the least Kullback–Leibler
 * divergence ([T], entropy calibration; {@link HistogramDivergence}). Never worse than min-max by
 * this measure.
 *
 * <p>It clips more than {@link RangeMethod.Mse}, most where many values are equal, as behind a
 * constant background: ResNet-14 with 8 bits, 256 samples, has an SQNR of 31 dB against 45 dB.
 *
 * <p>For activations only. Few weights share a scale, too few for a histogram.
 */
public record Kl() implements ActivationRangeMethod {
  private static final int SEARCH_DENSITY = 4;

  @Override
  public String label() {
    return "kl";
  }

  @Override
  public Affine ofActivation(ActivationStatistics observed, Grid grid, boolean symmetric) {
    return RangeSearch.least(
        grid,
        symmetric,
        observed.min(),
        observed.max(),
        new HistogramDivergence(observed.histogram(), grid),
        SEARCH_DENSITY);
  }
}
