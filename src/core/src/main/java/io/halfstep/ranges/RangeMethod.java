package io.halfstep.ranges;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.Histogram;
import java.util.Arrays;

/**
 * A method of choosing clipping ranges ([W] §3.1) of weights and activations. Methods available in
 * plan files and on the command line are listed in {@link RangeMethods}; Java code can use others.
 */
public interface RangeMethod extends WeightRangeMethod, ActivationRangeMethod {
  @Override
  String label();

  /** The extremes. */
  record MinMax() implements RangeMethod {
    @Override
    public String label() {
      return "minmax";
    }

    @Override
    public Affine ofWeights(WeightRow row, Grid grid, boolean symmetric) {
      return Affine.covering(grid, symmetric, row.low(), row.high());
    }

    @Override
    public Affine ofActivation(ActivationStatistics observed, Grid grid, boolean symmetric) {
      return Affine.covering(grid, symmetric, observed.min(), observed.max());
    }
  }

  /**
   * The least mean squared error; for weights with zero points {@link Lp} with p = 2.4, which clips
   * less.
   */
  record Mse() implements RangeMethod {
    private static final Lp SQUARED = new Lp(2);
    private static final Lp POWER_24 = new Lp(2.4);

    @Override
    public String label() {
      return "mse";
    }

    @Override
    public Affine ofWeights(WeightRow row, Grid grid, boolean symmetric) {
      return (symmetric ? SQUARED : POWER_24).ofWeights(row, grid, symmetric);
    }

    @Override
    public Affine ofActivation(ActivationStatistics observed, Grid grid, boolean symmetric) {
      return SQUARED.ofActivation(observed, grid, symmetric);
    }
  }

  /**
   * Percentiles of the data.
   *
   * @param percent in (50, 100]
   */
  record Percentile(double percent) implements RangeMethod {
    /**
     * @throws InvalidInputException if the percentage is out of range
     */
    public Percentile {
      if (!(percent > 50 && percent <= 100)) {
        throw new InvalidInputException(
            "percentile " + percent + ": expected more than 50 and at most 100, e.g. 99.99");
      }
    }

    @Override
    public String label() {
      return "percentile:" + percent;
    }

    @Override
    public Affine ofWeights(WeightRow row, Grid grid, boolean symmetric) {
      float[] sorted = row.values();
      if (symmetric) {
        for (int i = 0; i < sorted.length; i++) {
          sorted[i] = Math.abs(sorted[i]);
        }
      }
      Arrays.sort(sorted);
      int n = sorted.length;
      int clipped = n - (int) Math.ceil(n * percent / 100);
      float highest = sorted[n - 1 - clipped];
      return symmetric
          ? Affine.symmetric(grid, Math.max(row.low(), -highest), Math.min(row.high(), highest))
          : Affine.asymmetric(grid, sorted[clipped], highest);
    }

    @Override
    public Affine ofActivation(ActivationStatistics observed, Grid grid, boolean symmetric) {
      double share = percent / 100;
      Histogram histogram = observed.histogram();
      return Affine.covering(
          grid, symmetric, histogram.quantile(1 - share), histogram.quantile(share));
    }
  }
}
