package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;

/** A method of choosing the ranges of weights. */
public interface WeightRangeMethod {
  /** Returns the name in plans and reports; {@link RangeMethods} reads the names listed there. */
  String label();

  /**
   * Chooses scale and zero point for weights.
   *
   * @param symmetric whether the zero point must be 0
   */
  Affine ofWeights(WeightRow row, Grid grid, boolean symmetric);
}
