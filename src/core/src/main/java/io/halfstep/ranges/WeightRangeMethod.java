package io.halfstep.ranges;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.Moments;
import java.util.List;

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

  /**
   * Improves an encoding by what the layer's input is like. Most methods look at weights alone.
   *
   * @param chosen by {@link #ofWeights}; perhaps with factors
   * @param weights {@code [out, K]}, row-major
   * @param out the number of rows
   * @param k the length of a row
   * @param moments of the input: one per group and piece of a row, group by group
   */
  default Encoding improve(
      Encoding chosen, float[] weights, int out, int k, List<Moments> moments) {
    return chosen;
  }
}
