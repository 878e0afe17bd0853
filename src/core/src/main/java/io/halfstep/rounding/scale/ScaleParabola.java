package io.halfstep.rounding.scale;

import io.halfstep.rounding.row.RowProblem;

/**
 * L as a function of the scales of a row's blocks, for fixed levels:
 *
 * <pre>
 *   L(s) = s A sᵀ − 2 p sᵀ + const,   A[b, c] = u_b Ĝ u_cᵀ,   p[b] = (w Ĝ − E[(w δ) x̂ᵀ])_b u_bᵀ
 * </pre>
 *
 * where {@code u_b} holds the levels of block b, times the factors of their inputs if the encoding
 * has some, and 0 elsewhere. For rows that share a scale, the parabolas are added.
 */
final class ScaleParabola {
  private static final int MAX_SWEEPS = 50;
  private static final double STILL = 1e-9;

  private final int blocks;
  private final double[] curvature;
  private final double[] slope;

  private ScaleParabola(int blocks) {
    this.blocks = blocks;
    curvature = new double[blocks * blocks];
    slope = new double[blocks];
  }

  /** Returns the parabola of a row whose inputs form {@code blocks} blocks of {@code blockSize}. */
  static ScaleParabola of(RowProblem row, double[] levels, int blocks, int blockSize) {
    ScaleParabola parabola = new ScaleParabola(blocks);
    for (int i = 0; i < row.k; i++) {
      parabola.add(row, levels, i, blockSize);
    }
    return parabola;
  }

  private void add(RowProblem row, double[] levels, int i, int blockSize) {
    int k = row.k;
    int block = i / blockSize;
    double product = 0;
    for (int c = 0; c < blocks; c++) {
      int from = c * blockSize;
      int to = from + Math.min(blockSize, k - from);
      double square = 0;
      for (int j = from; j < to; j++) {
        product += row.weight[j] * row.gram[i * k + j];
        square += levels[j] * row.gram[i * k + j];
      }
      curvature[block * blocks + c] += levels[i] * square;
    }
    slope[block] += levels[i] * (product - row.linear[i]);
  }

  /** Adds the parabola of another row. */
  void add(ScaleParabola other) {
    for (int i = 0; i < curvature.length; i++) {
      curvature[i] += other.curvature[i];
    }
    for (int b = 0; b < blocks; b++) {
      slope[b] += other.slope[b];
    }
  }

  /** Returns the part of L that depends on the scales. */
  double at(double[] scales) {
    double value = 0;
    for (int b = 0; b < blocks; b++) {
      value += scales[b] * (product(b, scales) - 2 * slope[b]);
    }
    return value;
  }

  /**
   * Returns the scales between bounds that minimise this, by coordinate descent over the blocks (A
   * is positive semidefinite).
   *
   * @param scales to begin with; a block whose scale does not change the loss keeps it
   */
  double[] least(double[] scales, double[] lowest, double[] highest) {
    double[] best = scales.clone();
    boolean moves = true;
    for (int sweep = 0; moves && sweep < MAX_SWEEPS; sweep++) {
      moves = false;
      for (int b = 0; b < blocks; b++) {
        double curved = curvature[b * blocks + b];
        if (curved > 0) {
          double free = best[b] + (slope[b] - product(b, best)) / curved;
          double s = Math.max(lowest[b], Math.min(highest[b], free));
          moves |= Math.abs(s - best[b]) > STILL * best[b];
          best[b] = s;
        }
      }
    }
    return best;
  }

  private double product(int b, double[] scales) {
    double product = 0;
    for (int c = 0; c < blocks; c++) {
      product += curvature[b * blocks + c] * scales[c];
    }
    return product;
  }
}
