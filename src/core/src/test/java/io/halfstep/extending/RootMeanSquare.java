package io.halfstep.extending;

import io.halfstep.quantizer.Grid;
import io.halfstep.ranges.Affine;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.ranges.WeightRow;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.Histogram;

/**
 * A range method of one's own: clips at a multiple of the root mean square.
 *
 * @param multiple greater than 0
 */
record RootMeanSquare(double multiple) implements RangeMethod {
  @Override
  public String label() {
    return "rms:" + multiple;
  }

  @Override
  public Affine ofWeights(WeightRow row, Grid grid, boolean symmetric) {
    float[] weights = row.values();
    double squares = 0;
    for (float weight : weights) {
      squares += (double) weight * weight;
    }
    double limit = multiple * Math.sqrt(squares / weights.length);
    double low = Math.max(row.low(), -limit);
    double high = Math.min(row.high(), limit);
    return symmetric ? Affine.symmetric(grid, low, high) : Affine.asymmetric(grid, low, high);
  }

  @Override
  public Affine ofActivation(ActivationStatistics observed, Grid grid, boolean symmetric) {
    Histogram histogram = observed.histogram();
    long[] counts = histogram.counts();
    double squares = 0;
    for (int i = 0; i < counts.length; i++) {
      double middle = (histogram.firstBin() + i + 0.5) * histogram.binWidth();
      squares += counts[i] * middle * middle;
    }
    double limit = multiple * Math.sqrt(squares / histogram.total());
    double low = Math.max(observed.min(), -limit);
    double high = Math.min(observed.max(), limit);
    return symmetric ? Affine.symmetric(grid, low, high) : Affine.asymmetric(grid, low, high);
  }
}
