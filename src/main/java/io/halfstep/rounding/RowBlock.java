package io.halfstep.rounding;

import io.halfstep.tensor.DoubleMatrix;
import org.jspecify.annotations.Nullable;

/**
 * Some rows of one group, worked at side by side. Of long rows, each number of the Gram matrix and
 * of its factors is then read from memory once for all of them, by matrix products in panels; short
 * ones are taken one by one.
 */
final class RowBlock {
  /** How many long rows make a block. */
  static final int LONG_ROWS = 32;

  // a shorter row's Gram matrix stays in a processor's cache
  private static final int LONG = 768;
  private static final int PANEL = 64;

  private final RowProblem[] rows;
  private final int k;
  private final @Nullable DoubleMatrix gram;

  /**
   * @param rows of one group
   * @param gram of that group, if {@link #areLong}
   */
  RowBlock(RowProblem[] rows, @Nullable DoubleMatrix gram) {
    this.rows = rows;
    this.gram = gram;
    k = rows[0].k;
  }

  /** Whether rows of length k are worth matrix products. */
  static boolean areLong(int k) {
    return k >= LONG;
  }

  /** Each row's nearest levels. */
  int[][] nearest() {
    int[][] levels = new int[rows.length][];
    for (int r = 0; r < rows.length; r++) {
      levels[r] = rows[r].nearest;
    }
    return levels;
  }

  /** {@code ½ ∇L} of each row at some levels. */
  double[][] halfGradients(int[][] levels) {
    double[][] gradients = new double[rows.length][];
    if (gram == null) {
      for (int r = 0; r < rows.length; r++) {
        gradients[r] = rows[r].halfGradient(rows[r].displacement(levels[r]));
      }
      return gradients;
    }
    try (DoubleMatrix d = new DoubleMatrix(rows.length, k);
        DoubleMatrix g = new DoubleMatrix(rows.length, k)) {
      for (int r = 0; r < rows.length; r++) {
        d.put(r, 0, rows[r].displacement(levels[r]), 0, k);
        g.put(r, 0, rows[r].linear, 0, k);
      }
      g.addProduct(d, gram, k, 0, 0);
      for (int r = 0; r < rows.length; r++) {
        gradients[r] = new double[k];
        g.get(r, 0, gradients[r], 0, k);
      }
    }
    return gradients;
  }

  /** L of each row at some levels. */
  double[] losses(int[][] levels) {
    double[][] gradients = halfGradients(levels);
    double[] losses = new double[rows.length];
    for (int r = 0; r < rows.length; r++) {
      losses[r] = rows[r].loss(rows[r].displacement(levels[r]), gradients[r]);
    }
    return losses;
  }

  /**
   * Each row as {@link Triangle#round} has it.
   *
   * @param v the triangle's, if {@link #areLong}
   */
  int[][] round(Triangle triangle, @Nullable DoubleMatrix v) {
    int[][] levels = new int[rows.length][k];
    if (v == null) {
      for (int r = 0; r < rows.length; r++) {
        levels[r] = triangle.round(rows[r]);
      }
      return levels;
    }
    try (DoubleMatrix centres = new DoubleMatrix(rows.length, k);
        DoubleMatrix moved = new DoubleMatrix(rows.length, PANEL)) {
      putOffsets(centres, triangle, v);
      double[] centre = new double[PANEL];
      double[] d = new double[PANEL];
      for (int from = 0; from < k; from += PANEL) {
        int width = Math.min(PANEL, k - from);
        for (int r = 0; r < rows.length; r++) {
          centres.get(r, from, centre, 0, width);
          triangle.roundPanel(rows[r], from, width, centre, d, levels[r]);
          moved.put(r, 0, d, 0, width);
        }
        centres.addProduct(moved, v, width, from, from + width);
      }
    }
    return levels;
  }

  /** {@link Triangle#offsets} of each row. */
  private void putOffsets(DoubleMatrix to, Triangle triangle, DoubleMatrix v) {
    double[] values = new double[k];
    for (int r = 0; r < rows.length; r++) {
      for (int i = 0; i < k; i++) {
        values[i] = rows[r].linear[triangle.order[i]];
      }
      to.put(r, 0, values, 0, k);
    }
    to.solveUnitUpper(v);
    for (int r = 0; r < rows.length; r++) {
      to.get(r, 0, values, 0, k);
      for (int i = 0; i < k; i++) {
        values[i] /= triangle.weight[i];
      }
      to.put(r, 0, values, 0, k);
    }
  }
}
