package io.halfstep.tensor;

/**
 * Solves triangular systems for each row of a matrix: blocks of columns on the heap, and the
 * product of each block by {@link DoubleMatrix#subtractProduct}.
 *
 * <p>OpenBLAS's own dtrsm, and with it dposv and dpotrf, is wrong in version 0.3.19 on Intel
 * processors with AVX-512, for 8 unknowns and more.
 */
final class TriangularSolve {
  private static final int BLOCK = 32;

  private final DoubleMatrix x;
  private final double[] block = new double[BLOCK * BLOCK]; // coefficients, row by row
  private final double[] row = new double[BLOCK];

  private TriangularSolve(DoubleMatrix x) {
    this.x = x;
  }

  /**
   * Replaces each row {@code x} by the {@code y} with {@code U y = x}; U has a diagonal of ones.
   */
  static void unitUpper(DoubleMatrix u, DoubleMatrix x) {
    TriangularSolve solve = new TriangularSolve(x);
    for (int to = x.columns(); to > 0; to = (to - 1) / BLOCK * BLOCK) {
      int from = (to - 1) / BLOCK * BLOCK;
      solve.read(u, from, to - from);
      for (int i = 0; i < to - from; i++) {
        solve.block[i * BLOCK + i] = 1;
      }
      solve.fromTheLast(from, to - from);
      x.subtractProduct(from, to - from, u, 0, from, true);
    }
  }

  /** Replaces each row {@code x} by the {@code y} with {@code L y = x}. */
  static void lower(DoubleMatrix l, DoubleMatrix x) {
    TriangularSolve solve = new TriangularSolve(x);
    for (int from = 0; from < x.columns(); from += BLOCK) {
      int to = Math.min(x.columns(), from + BLOCK);
      solve.read(l, from, to - from);
      solve.fromTheFirst(from, to - from);
      x.subtractProduct(from, to - from, l, to, x.columns() - to, true);
    }
  }

  /** Replaces each row {@code x} by the {@code y} with {@code Lᵀ y = x}. */
  static void lowerTransposed(DoubleMatrix l, DoubleMatrix x) {
    TriangularSolve solve = new TriangularSolve(x);
    for (int to = x.columns(); to > 0; to = (to - 1) / BLOCK * BLOCK) {
      int from = (to - 1) / BLOCK * BLOCK;
      solve.read(l, from, to - from);
      solve.transpose();
      solve.fromTheLast(from, to - from);
      x.subtractProduct(from, to - from, l, 0, from, false);
    }
  }

  private void read(DoubleMatrix triangle, int from, int size) {
    for (int i = 0; i < size; i++) {
      triangle.get(from + i, from, block, i * BLOCK, size);
    }
  }

  private void transpose() {
    for (int i = 0; i < BLOCK; i++) {
      for (int j = 0; j < i; j++) {
        double t = block[i * BLOCK + j];
        block[i * BLOCK + j] = block[j * BLOCK + i];
        block[j * BLOCK + i] = t;
      }
    }
  }

  private void fromTheLast(int from, int size) {
    for (int r = 0; r < x.rows(); r++) {
      x.get(r, from, row, 0, size);
      for (int i = size - 1; i >= 0; i--) {
        eliminate(i, i + 1, size);
      }
      x.put(r, from, row, 0, size);
    }
  }

  private void fromTheFirst(int from, int size) {
    for (int r = 0; r < x.rows(); r++) {
      x.get(r, from, row, 0, size);
      for (int i = 0; i < size; i++) {
        eliminate(i, 0, i);
      }
      x.put(r, from, row, 0, size);
    }
  }

  /** Solves for an unknown, given those of {@code [from, to)}. */
  private void eliminate(int i, int from, int to) {
    double value = row[i];
    for (int j = from; j < to; j++) {
      value -= block[i * BLOCK + j] * row[j];
    }
    row[i] = value / block[i * BLOCK + i];
  }
}
