package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** The error {@code Σ |w − ŵ|^p} of rounding to nearest, for weights that share one scale. */
final class WeightError implements ToDoubleFunction<Affine> {
  /** The number of weights summed by one task; these sums are added in order. */
  private static final int BLOCK = 1 << 14;

  private static final int CHUNK = 512;

  /** Floats of this magnitude are the integers: their sums round half-to-even to one. */
  private static final float MAGIC = 0x1.8p23f;

  private final float[] weights;
  private final int from;
  private final int to;
  private final Grid grid;
  private final Power power;

  /** Of {@code weights[from .. to)}. */
  WeightError(float[] weights, int from, int to, Grid grid, Power power) {
    this.weights = weights;
    this.from = from;
    this.to = to;
    this.grid = grid;
    this.power = power;
  }

  @Override
  public double applyAsDouble(Affine affine) {
    int blocks = (to - from + BLOCK - 1) / BLOCK;
    if (blocks == 1) {
      return sum(from, to, affine);
    }
    double[] sums =
        IntStream.range(0, blocks)
            .parallel()
            .mapToDouble(b -> sum(from + b * BLOCK, Math.min(to, from + (b + 1) * BLOCK), affine))
            .toArray();
    double sum = 0;
    for (double s : sums) {
      sum += s;
    }
    return sum;
  }

  private double sum(int from, int to, Affine affine) {
    float[] residuals = new float[Math.min(CHUNK, to - from)];
    double sum = 0;
    for (int i = from; i < to; i += CHUNK) {
      int n = Math.min(CHUNK, to - i);
      residuals(i, n, affine, residuals);
      sum += power.exponent() == 2 ? sumOfSquares(residuals, n) : sumOfPowers(residuals, n);
    }
    return sum * Math.pow(affine.scale(), power.exponent());
  }

  /**
   * {@code (w − ŵ)/s} of n weights. A separate loop, so that it compiles to vector instructions.
   */
  private void residuals(int first, int n, Affine affine, float[] residuals) {
    float scale = affine.scale();
    float lowest = grid.lowest() - affine.zeroPoint();
    float highest = grid.highest() - affine.zeroPoint();
    for (int i = 0; i < n; i++) {
      float x = weights[first + i] / scale;
      float q = Math.max(lowest, Math.min(highest, x));
      residuals[i] = x - ((q + MAGIC) - MAGIC);
    }
  }

  private static double sumOfSquares(float[] residuals, int n) {
    double even = 0;
    double odd = 0;
    int i = 0;
    for (; i + 1 < n; i += 2) {
      even += (double) residuals[i] * residuals[i];
      odd += (double) residuals[i + 1] * residuals[i + 1];
    }
    return even + odd + (i < n ? (double) residuals[i] * residuals[i] : 0);
  }

  private double sumOfPowers(float[] residuals, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += power.of(Math.abs(residuals[i]));
    }
    return sum;
  }
}
