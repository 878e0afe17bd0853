package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;

/** A known range, widened to include 0. */
record Between(String label, double least, double greatest) implements ActivationRangeMethod {
  @Override
  public Affine ofActivation(ActivationStatistics observed, Grid grid, boolean symmetric) {
    return Affine.covering(grid, symmetric, least, greatest);
  }
}
