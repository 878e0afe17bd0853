package io.halfstep.rounding;

import io.halfstep.tensor.DoubleMatrix;
import org.jspecify.annotations.Nullable;

/**
 * Some rows of one group, worked at side by side. Of long rows, each number of the Gram matrix and
 * of its factors is then read from memory once for all of them, by matrix products in panels; short
 * ones are taken one by one.
 */
final class RowBlock {
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
    return k > Beam.PANEL;
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
   * Each row's best levels by {@link Beam}.
   *
   * @param v the triangle's, if {@link #areLong}
   */
  int[][] round(Triangle triangle, @Nullable DoubleMatrix v, int width, Progress progress) {
    Beam[] beams = new Beam[rows.length];
    for (int r = 0; r < rows.length; r++) {
      beams[r] = new Beam(triangle, rows[r], width, v == null ? k : Beam.PANEL);
    }
    if (v == null) {
      for (int r = 0; r < rows.length; r++) {
        double[] offsets = triangle.offsets(rows[r].linear);
        System.arraycopy(offsets, 0, beams[r].centres(), 0, k);
        beams[r].round(0, k);
      }
    } else {
      roundInPanels(beams, triangle, v, width, progress);
    }
    int[][] levels = new int[rows.length][];
    for (int r = 0; r < rows.length; r++) {
      levels[r] = beams[r].best();
    }
    return levels;
  }

  private void roundInPanels(
      Beam[] beams, Triangle triangle, DoubleMatrix v, int width, Progress progress) {
    try (DoubleMatrix centres = new DoubleMatrix(rows.length * width, k);
        DoubleMatrix moved = new DoubleMatrix(rows.length * width, Beam.PANEL)) {
      putOffsets(centres, triangle, v, width);
      double[] d = new double[Beam.PANEL];
      double[] rest = new double[width * k];
      for (int from = 0; from < k; from += Beam.PANEL) {
        progress.check();
        int to = Math.min(k, from + Beam.PANEL);
        for (int r = 0; r < beams.length; r++) {
          Beam beam = beams[r];
          for (int s = 0; s < beam.alive(); s++) {
            centres.get(r * width + s, from, beam.centres(), beam.at(s), to - from);
          }
          int before = beam.alive();
          beam.round(from, to);
          for (int s = 0; s < before; s++) {
            centres.get(r * width + s, to, rest, s * (k - to), k - to);
          }
          for (int s = 0; s < beam.alive(); s++) {
            int was = beam.trace(s, from, to, d);
            moved.put(r * width + s, 0, d, 0, to - from);
            centres.put(r * width + s, to, rest, was * (k - to), k - to);
          }
        }
        centres.addProduct(moved, v, to - from, from, to);
      }
    }
  }

  /** {@link Triangle#offsets} of each row, to the first row that its survivors have. */
  private void putOffsets(DoubleMatrix to, Triangle triangle, DoubleMatrix v, int width) {
    double[] values = new double[k];
    try (DoubleMatrix offsets = new DoubleMatrix(rows.length, k)) {
      for (int r = 0; r < rows.length; r++) {
        for (int i = 0; i < k; i++) {
          values[i] = rows[r].linear[triangle.order[i]];
        }
        offsets.put(r, 0, values, 0, k);
      }
      offsets.solveUnitUpper(v);
      for (int r = 0; r < rows.length; r++) {
        offsets.get(r, 0, values, 0, k);
        for (int i = 0; i < k; i++) {
          values[i] /= triangle.weight[i];
        }
        to.put(r * width, 0, values, 0, k);
      }
    }
  }
}
