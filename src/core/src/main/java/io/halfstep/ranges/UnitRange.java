package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;

/** The range [0, 1], whatever was observed: of a softmax or sigmoid. 0 and 1 are exact. */
public record UnitRange() implements ActivationRangeMethod {
  @Override
  public String label() {
    return "unit";
  }

  @Override
  public Affine ofActivation(ActivationStatistics observed, Grid grid, boolean symmetric) {
    return Affine.covering(grid, symmetric, 0, 1);
  }
}
