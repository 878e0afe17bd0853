package io.halfstep.rounding.lattice;

import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.tensor.DoubleMatrix;
import org.jspecify.annotations.Nullable;

/**
 * Some rows of one group that are solved together. Long rows are processed by matrix products in
 * panels, so that each number of the Gram matrix and of its factor is read from memory once for all
 * rows of the block. Short rows are processed one by one.
 */
final class RowBlock {
  private final RowProblem[] rows;
  private final int k;
  private final @Nullable DoubleMatrix gram;

  /**
   * A block of rows.
   *
   * @param rows of one group
   * @param gram of that group if {@link #areLong}, or else null
   */
  RowBlock(RowProblem[] rows, @Nullable DoubleMatrix gram) {
    this.rows = rows;
    this.gram = gram;
    k = rows[0].k;
  }

  /** Returns whether rows of length k are processed by matrix products. */
  static boolean areLong(int k) {
    return k > KBestCandidates.PANEL;
  }

  /** Returns the nearest levels of each row. */
  int[][] nearest() {
    int[][] levels = new int[rows.length][];
    for (int r = 0; r < rows.length; r++) {
      levels[r] = rows[r].nearest;
    }
    return levels;
  }

  /** Returns {@code ½ ∇L} of each row at some levels. */
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

  /** Returns L of each row at some levels. */
  double[] losses(int[][] levels) {
    double[][] gradients = halfGradients(levels);
    double[] losses = new double[rows.length];
    for (int r = 0; r < rows.length; r++) {
      losses[r] = rows[r].loss(rows[r].displacement(levels[r]), gradients[r]);
    }
    return losses;
  }

  /**
   * Returns the best levels of each row by {@link KBestCandidates}.
   *
   * @param v of the factor if {@link #areLong}, or else null
   * @param width how many candidates each row keeps
   */
  int[][] round(
      DampedCholesky factor, @Nullable DoubleMatrix v, int width, SolverProgress progress) {
    KBestCandidates[] candidates = new KBestCandidates[rows.length];
    for (int r = 0; r < rows.length; r++) {
      candidates[r] =
          new KBestCandidates(factor, rows[r], width, v == null ? k : KBestCandidates.PANEL);
    }
    if (v == null) {
      for (int r = 0; r < rows.length; r++) {
        double[] offsets = factor.offsets(rows[r].linear);
        System.arraycopy(offsets, 0, candidates[r].centres(), 0, k);
        candidates[r].round(0, k);
      }
    } else {
      roundInPanels(candidates, factor, v, width, progress);
    }
    int[][] levels = new int[rows.length][];
    for (int r = 0; r < rows.length; r++) {
      levels[r] = candidates[r].best();
    }
    return levels;
  }

  private void roundInPanels(
      KBestCandidates[] candidates,
      DampedCholesky factor,
      DoubleMatrix v,
      int width,
      SolverProgress progress) {
    try (DoubleMatrix centres = new DoubleMatrix(rows.length * width, k);
        DoubleMatrix moved = new DoubleMatrix(rows.length * width, KBestCandidates.PANEL)) {
      putOffsets(centres, factor, v, width);
      double[] d = new double[KBestCandidates.PANEL];
      double[] rest = new double[width * k];
      for (int from = 0; from < k; from += KBestCandidates.PANEL) {
        progress.check();
        int to = Math.min(k, from + KBestCandidates.PANEL);
        for (int r = 0; r < candidates.length; r++) {
          KBestCandidates kept = candidates[r];
          for (int s = 0; s < kept.count(); s++) {
            centres.get(r * width + s, from, kept.centres(), kept.at(s), to - from);
          }
          int before = kept.count();
          kept.round(from, to);
          for (int s = 0; s < before; s++) {
            centres.get(r * width + s, to, rest, s * (k - to), k - to);
          }
          for (int s = 0; s < kept.count(); s++) {
            int was = kept.trace(s, from, to, d);
            moved.put(r * width + s, 0, d, 0, to - from);
            centres.put(r * width + s, to, rest, was * (k - to), k - to);
          }
        }
        centres.addProduct(moved, v, to - from, from, to);
      }
    }
  }

  /** Puts {@link DampedCholesky#offsets} of each row where its first candidate's centres are. */
  private void putOffsets(DoubleMatrix to, DampedCholesky factor, DoubleMatrix v, int width) {
    double[] values = new double[k];
    try (DoubleMatrix offsets = new DoubleMatrix(rows.length, k)) {
      for (int r = 0; r < rows.length; r++) {
        for (int i = 0; i < k; i++) {
          values[i] = rows[r].linear[factor.order[i]];
        }
        offsets.put(r, 0, values, 0, k);
      }
      offsets.solveUnitUpper(v);
      for (int r = 0; r < rows.length; r++) {
        offsets.get(r, 0, values, 0, k);
        for (int i = 0; i < k; i++) {
          values[i] /= factor.weight[i];
        }
        to.put(r * width, 0, values, 0, k);
      }
    }
  }
}
