package io.halfstep.ranges;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.MovingExtremes;
import io.halfstep.statistics.SampleStatistics;

/**
 * The extremes of a sample, averaged over the stream so that the latest samples count most (Jacob
 * et al. 2018, arXiv 1712.05877, §3.1, there of batches). For activations only.
 *
 * @param window the number of samples after which the weight of one has fallen to 1/e
 */
public record MovingAverage(int window) implements SampledRangeMethod {
  /**
   * @throws InvalidInputException if the window is empty
   */
  public MovingAverage {
    if (window < 1) {
      throw new InvalidInputException(
          "moving-average " + window + ": expected a number of samples, e.g. 100");
    }
  }

  @Override
  public String label() {
    return "moving-average:" + window;
  }

  @Override
  public SampleStatistics observer(long seed) {
    return new MovingExtremes(window);
  }

  @Override
  public ActivationRangeMethod given(SampleStatistics observed) {
    return observed instanceof MovingExtremes extremes && extremes.count() > 0
        ? new Between(label(), extremes.least(), extremes.greatest())
        : this;
  }

  /** Chooses the extremes. */
  @Override
  public Affine ofActivation(ActivationStatistics observed, Grid grid, boolean symmetric) {
    return new RangeMethod.MinMax().ofActivation(observed, grid, symmetric);
  }
}
