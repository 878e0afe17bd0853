package io.halfstep.ranges;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.Grid;
import java.util.Arrays;

/** Weights that share one scale: a row of the matrix, a block of it, or all of the matrix. */
public final class WeightRow {
  private final float[] weights;
  private final int from;
  private final int to;
  private final float low;
  private final float high;

  /**
   * The weights {@code [from, to)}.
   *
   * @throws InvalidInputException if one of them is NaN or infinite
   */
  WeightRow(float[] weights, int from, int to) {
    float low = 0;
    float high = 0;
    for (int i = from; i < to; i++) {
      low = Math.min(low, weights[i]);
      high = Math.max(high, weights[i]);
    }
    if (!(low >= -Float.MAX_VALUE && high <= Float.MAX_VALUE)) {
      throw new InvalidInputException("a weight is NaN or infinite: expected finite weights");
    }
    this.weights = weights;
    this.from = from;
    this.to = to;
    this.low = low;
    this.high = high;
  }

  /** Returns the least of them, or 0 if all are positive. */
  public float low() {
    return low;
  }

  /** Returns the greatest of them, or 0 if all are negative. */
  public float high() {
    return high;
  }

  /** Returns a copy of them. */
  public float[] values() {
    return Arrays.copyOfRange(weights, from, to);
  }

  /** Returns the error {@code Σ |w − ŵ|^p} of rounding to nearest. */
  WeightError error(Grid grid, Power power) {
    return new WeightError(weights, from, to, grid, power);
  }
}
