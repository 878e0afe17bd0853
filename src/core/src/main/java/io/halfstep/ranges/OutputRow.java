package io.halfstep.ranges;

import io.halfstep.quantizer.Encoding;
import io.halfstep.statistics.Moments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A row of a weight with the moments of its input, and its errors on an encoding that changes. */
final class OutputRow {
  private final Encoding encoding;
  private final float[] weights;
  private final int number;
  private final List<Moments> pieces;
  private final float[] factors;
  private final double[] errors;

  /**
   * Creates a row.
   *
   * @param encoding of the weight
   * @param row its number in the weight
   * @param weights of the row
   * @param number its number in its group
   * @param pieces the moments of the row's pieces
   */
  OutputRow(Encoding encoding, int row, float[] weights, int number, List<Moments> pieces) {
    this.encoding = encoding;
    this.weights = weights;
    this.number = number;
    this.pieces = pieces;
    factors = new float[weights.length];
    errors = new double[weights.length];
    float[] scales = new float[weights.length];
    int[] zeroPoints = new int[weights.length];
    encoding.spread(row, scales, zeroPoints);
    for (int i = 0; i < errors.length; i++) {
      factors[i] = encoding.factors().isNone() ? 1 : encoding.factors().of(i);
      errors[i] = error(i, scales[i], zeroPoints[i]);
    }
  }

  /** Returns the errors that depend on the scale of weights {@code [from, to)}. */
  List<OutputError> of(int from, int to) {
    List<OutputError> all = new ArrayList<>();
    int begin = 0;
    for (Moments piece : pieces) {
      int end = begin + piece.k();
      int first = Math.max(from, begin);
      int last = Math.min(to, end);
      if (first < last) {
        all.add(
            new OutputError(
                piece,
                number,
                Arrays.copyOfRange(errors, begin, end),
                first - begin,
                Arrays.copyOfRange(weights, first, last),
                Arrays.copyOfRange(factors, first, last),
                encoding.grid()));
      }
      begin = end;
    }
    return all;
  }

  /** Returns the least of weights {@code [from, to)}, divided by their factors, or 0. */
  double low(int from, int to) {
    double low = 0;
    for (int i = from; i < to; i++) {
      low = Math.min(low, (double) weights[i] / factors[i]);
    }
    return low;
  }

  /** Returns the greatest of weights {@code [from, to)}, divided by their factors, or 0. */
  double high(int from, int to) {
    double high = 0;
    for (int i = from; i < to; i++) {
      high = Math.max(high, (double) weights[i] / factors[i]);
    }
    return high;
  }

  /** Rounds weights {@code [from, to)}. */
  void round(int from, int to, Affine affine) {
    for (int i = from; i < to; i++) {
      errors[i] = error(i, affine.scale() * factors[i], affine.zeroPoint());
    }
  }

  private double error(int i, float scale, int zeroPoint) {
    int steps = encoding.grid().quantize(weights[i], scale, zeroPoint) - zeroPoint;
    return (double) (scale * steps) - weights[i];
  }
}
