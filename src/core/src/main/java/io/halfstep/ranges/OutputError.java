package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.Moments;
import java.util.function.ToDoubleFunction;

/**
 * The error of a row's output in dependence of the encoding of some consecutive weights of it,
 * rounded to nearest: {@code L} of {@link Moments} without the terms that these weights have no
 * part in.
 *
 * <pre>  d Ĝ dᵀ + 2 g dᵀ,   g = E[(w δ) x̂ᵀ] + d' Ĝ'</pre>
 *
 * with d the errors of these weights, d' those of the others, and Ĝ' the rows of Ĝ for them.
 */
final class OutputError implements ToDoubleFunction<Affine> {
  private final Moments moments;
  private final int from;
  private final float[] weights;
  private final float[] factors;
  private final double[] linear;
  private final Grid grid;

  /**
   * Creates the error of a part of a row.
   *
   * @param row the number of the row within its group
   * @param errors of all weights that the moments are of
   * @param from the number of the part's first weight among these
   * @param weights of the part
   * @param factors of the part's scales
   */
  OutputError(
      Moments moments,
      int row,
      double[] errors,
      int from,
      float[] weights,
      float[] factors,
      Grid grid) {
    this.moments = moments;
    this.from = from;
    this.weights = weights;
    this.factors = factors;
    this.grid = grid;
    linear = new double[weights.length];
    int k = moments.k();
    int to = from + weights.length;
    for (int i = 0; i < linear.length; i++) {
      int at = from + i;
      linear[i] = moments.studentDiffers() ? moments.cross()[row * k + at] : 0;
      for (int j = 0; j < from; j++) {
        linear[i] += moments.gram()[at * k + j] * errors[j];
      }
      for (int j = to; j < k; j++) {
        linear[i] += moments.gram()[at * k + j] * errors[j];
      }
    }
  }

  @Override
  public double applyAsDouble(Affine affine) {
    double[] d = new double[weights.length];
    double sum = 0;
    for (int i = 0; i < d.length; i++) {
      float scale = affine.scale() * factors[i];
      int steps = grid.quantize(weights[i], scale, affine.zeroPoint()) - affine.zeroPoint();
      d[i] = (double) (scale * steps) - weights[i];
      int row = (from + i) * moments.k() + from;
      double inner = 0;
      for (int j = 0; j < i; j++) {
        inner += moments.gram()[row + j] * d[j];
      }
      sum += d[i] * (moments.gram()[row + i] * d[i] + 2 * (inner + linear[i]));
    }
    return sum;
  }
}
