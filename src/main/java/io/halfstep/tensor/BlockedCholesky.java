package io.halfstep.tensor;

import static org.bytedeco.openblas.global.openblas.CblasLower;
import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasNonUnit;
import static org.bytedeco.openblas.global.openblas.CblasRight;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;

import java.util.stream.IntStream;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.openblas.global.openblas;

/**
 * The right-looking Cholesky factorization: a panel of columns, then what it takes off the rest.
 */
final class BlockedCholesky {
  static final int MIN_K = 768;
  private static final int PANEL = 128;
  private static final int ROWS_AT_ONCE = 256;

  private BlockedCholesky() {}

  /** As {@link Blas#cholesky(double[], int, Runnable)}. */
  static boolean factor(double[] a, int k, Runnable betweenPanels) {
    try (DoublePointer matrix = new DoublePointer((long) k * k)) {
      matrix.put(a, 0, k * k);
      for (int from = 0; from < k; from += PANEL) {
        betweenPanels.run();
        int to = Math.min(k, from + PANEL);
        if (openblas.LAPACKE_dpotrf(
                openblas.LAPACK_COL_MAJOR, (byte) 'U', to - from, at(matrix, k, from, from), k)
            != 0) {
          return false;
        }
        takeOff(matrix, k, from, to);
      }
      matrix.get(a, 0, k * k);
      return true;
    }
  }

  private static void takeOff(DoublePointer matrix, int k, int from, int to) {
    int tiles = (k - to + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE;
    IntStream.range(0, tiles)
        .parallel()
        .forEach(
            tile -> {
              int row = to + tile * ROWS_AT_ONCE;
              solve(matrix, k, from, to, row, Math.min(ROWS_AT_ONCE, k - row));
            });
    subtractAll(matrix, k, from, to);
  }

  /** What a panel takes off the lower triangle of all that comes after it. */
  static void subtractAll(DoublePointer matrix, int k, int from, int to) {
    int tiles = (k - to + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE;
    IntStream.range(0, tiles)
        .parallel()
        .forEach(
            tile -> {
              int row = to + tile * ROWS_AT_ONCE;
              subtract(matrix, k, from, to, row, Math.min(ROWS_AT_ONCE, k - row));
            });
  }

  /** The rows' part of the panel's columns. */
  private static void solve(DoublePointer matrix, int k, int from, int to, int row, int rows) {
    openblas.cblas_dtrsm(
        CblasRowMajor,
        CblasRight,
        CblasLower,
        CblasTrans,
        CblasNonUnit,
        rows,
        to - from,
        1,
        at(matrix, k, from, from),
        k,
        at(matrix, k, row, from),
        k);
  }

  /** What the panel takes off the rows' later columns, up to the diagonal. */
  private static void subtract(DoublePointer matrix, int k, int from, int to, int row, int rows) {
    DoublePointer own = at(matrix, k, row, from);
    if (row > to) {
      openblas.cblas_dgemm(
          CblasRowMajor,
          CblasNoTrans,
          CblasTrans,
          rows,
          row - to,
          to - from,
          -1,
          own,
          k,
          at(matrix, k, to, from),
          k,
          1,
          at(matrix, k, row, to),
          k);
    }
    openblas.cblas_dsyrk(
        CblasRowMajor,
        CblasLower,
        CblasNoTrans,
        rows,
        to - from,
        -1,
        own,
        k,
        1,
        at(matrix, k, row, row),
        k);
  }

  private static DoublePointer at(DoublePointer matrix, int k, int row, int column) {
    return new DoublePointer(matrix).position((long) row * k + column);
  }
}
