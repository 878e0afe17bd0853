package io.halfstep.ranges;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.Grid;
import java.util.Arrays;

/** Weights that share one scale: a row of the matrix, a block of it, or all of the matrix. */
record WeightRow(float[] weights, int from, int to) {
  /** Chooses scale and zero point. Of zeros the scale is 1. */
  Affine encode(Grid grid, boolean symmetric, RangeMethod method) {
    float low = 0;
    float high = 0;
    for (int i = from; i < to; i++) {
      low = Math.min(low, weights[i]);
      high = Math.max(high, weights[i]);
    }
    if (!(low >= -Float.MAX_VALUE && high <= Float.MAX_VALUE)) {
      throw new InvalidInputException("a weight is NaN or infinite: expected finite weights");
    }
    if (method instanceof RangeMethod.Mse && low < high) {
      return symmetric
          ? RangeSearch.symmetric(grid, low, high, WeightError.squared(weights, from, to, grid))
          : RangeSearch.asymmetric(grid, low, high, WeightError.power24(weights, from, to, grid));
    }
    if (method instanceof RangeMethod.Percentile percentile) {
      return symmetric
          ? clippedByMagnitude(grid, low, high, percentile)
          : clippedAtEachEnd(grid, percentile);
    }
    return symmetric ? Affine.symmetric(grid, low, high) : Affine.asymmetric(grid, low, high);
  }

  private Affine clippedByMagnitude(
      Grid grid, float low, float high, RangeMethod.Percentile percentile) {
    float[] magnitudes = new float[to - from];
    for (int i = from; i < to; i++) {
      magnitudes[i - from] = Math.abs(weights[i]);
    }
    Arrays.sort(magnitudes);
    float limit = magnitudes[magnitudes.length - 1 - clipped(percentile)];
    return Affine.symmetric(grid, Math.max(low, -limit), Math.min(high, limit));
  }

  private Affine clippedAtEachEnd(Grid grid, RangeMethod.Percentile percentile) {
    float[] sorted = Arrays.copyOfRange(weights, from, to);
    Arrays.sort(sorted);
    int clipped = clipped(percentile);
    return Affine.asymmetric(
        grid, Math.min(0, sorted[clipped]), Math.max(0, sorted[sorted.length - 1 - clipped]));
  }

  private int clipped(RangeMethod.Percentile percentile) {
    int n = to - from;
    return n - (int) Math.ceil(n * percentile.percent() / 100);
  }
}
