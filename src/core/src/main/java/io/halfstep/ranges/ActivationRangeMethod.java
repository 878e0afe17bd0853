package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;

/** A method of choosing the range of an activation. */
public interface ActivationRangeMethod {
  /** Returns the name in plans and reports; {@link RangeMethods} reads the names listed there. */
  String label();

  /**
   * Chooses scale and zero point for an activation with at least one observed value.
   *
   * @param symmetric whether the zero point must be 0; the grid is then signed, unless no value is
   *     negative
   */
  Affine ofActivation(ActivationStatistics observed, Grid grid, boolean symmetric);
}
