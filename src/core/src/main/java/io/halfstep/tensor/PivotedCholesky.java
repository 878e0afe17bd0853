package io.halfstep.tensor;

import static org.bytedeco.openblas.global.openblas.CblasLower;
import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;

import java.util.stream.IntStream;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.openblas.global.openblas;

/**
 * Cholesky factorization with the least pivot next. A panel of columns is factored on the heap,
 * pivot after pivot, then its product is subtracted from the rest, as in LAPACK's dpstrf, which
 * takes the greatest pivot.
 */
final class PivotedCholesky {
  private static final int PANEL = 64;
  private static final int ROWS_AT_ONCE = 256;

  private final int k;
  private final DoublePointer matrix;
  private final int[] order;
  // the diagonal after the pivots so far
  private final double[] diagonal;
  // the current panel's columns, [k, PANEL]
  private final double[] panel;

  private PivotedCholesky(double[] a, int k, DoublePointer matrix) {
    this.k = k;
    this.matrix = matrix;
    order = IntStream.range(0, k).toArray();
    diagonal = new double[k];
    for (int i = 0; i < k; i++) {
      diagonal[i] = a[i * k + i];
    }
    panel = new double[k * PANEL];
  }

  /** As {@link Blas#pivotedCholesky}. */
  static int[] factor(double[] a, int k, Runnable betweenPanels) {
    try (DoublePointer matrix = new DoublePointer((long) k * k)) {
      matrix.put(a, 0, k * k);
      PivotedCholesky factorization = new PivotedCholesky(a, k, matrix);
      for (int from = 0; from < k; from += PANEL) {
        betweenPanels.run();
        if (!factorization.factorPanel(from, Math.min(k, from + PANEL))) {
          return new int[0];
        }
      }
      matrix.get(a, 0, k * k);
      return factorization.order;
    }
  }

  private boolean factorPanel(int from, int to) {
    for (int j = from; j < to; j++) {
      int pivot = pivot(j);
      if (!(diagonal[pivot] > 0)) {
        return false;
      }
      if (pivot != j) {
        swap(j, pivot, from);
      }
      eliminate(j, from);
    }
    for (int i = from; i < k; i++) {
      int width = Math.min(to, i + 1) - from;
      from(i, from).put(panel, i * PANEL, width);
    }
    takeOff(from, to);
    return true;
  }

  private int pivot(int from) {
    int least = from;
    for (int i = from + 1; i < k; i++) {
      if (diagonal[i] < diagonal[least]) {
        least = i;
      }
    }
    return least;
  }

  /** Swaps rows and columns j and p > j in the lower triangle and in the panel. */
  private void swap(int j, int p, int from) {
    for (int i = 0; i < from; i++) {
      swap(at(j, i), at(p, i));
    }
    swap(at(j, j), at(p, p));
    for (int i = j + 1; i < p; i++) {
      swap(at(i, j), at(p, i));
    }
    for (int i = p + 1; i < k; i++) {
      swap(at(i, j), at(i, p));
    }
    for (int i = 0; i < j - from; i++) {
      swap(panel, j * PANEL + i, p * PANEL + i);
    }
    swap(diagonal, j, p);
    int t = order[j];
    order[j] = order[p];
    order[p] = t;
  }

  private static void swap(double[] values, int i, int j) {
    double t = values[i];
    values[i] = values[j];
    values[j] = t;
  }

  private void swap(long i, long j) {
    double t = matrix.get(i);
    matrix.put(i, matrix.get(j));
    matrix.put(j, t);
  }

  private long at(int row, int column) {
    return (long) row * k + column;
  }

  /** Computes column j of the factor from what the panel's earlier columns leave. */
  private void eliminate(int j, int from) {
    double root = Math.sqrt(diagonal[j]);
    int own = j * PANEL;
    int width = j - from;
    panel[own + width] = root;
    for (int i = j + 1; i < k; i++) {
      int row = i * PANEL;
      double value = matrix.get(at(i, j));
      for (int t = 0; t < width; t++) {
        value -= panel[row + t] * panel[own + t];
      }
      value /= root;
      panel[row + width] = value;
      diagonal[i] -= value * value;
    }
  }

  /** Subtracts the panel's product from the lower triangle after it. */
  private void takeOff(int from, int to) {
    int tiles = (k - to + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE;
    IntStream.range(0, tiles)
        .parallel()
        .forEach(
            tile -> {
              int row = to + tile * ROWS_AT_ONCE;
              subtract(from, to, row, Math.min(ROWS_AT_ONCE, k - row));
            });
  }

  /** Subtracts it from some rows, up to the diagonal. */
  private void subtract(int from, int to, int row, int rows) {
    DoublePointer own = from(row, from);
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
          from(to, from),
          k,
          1,
          from(row, to),
          k);
    }
    openblas.cblas_dsyrk(
        CblasRowMajor, CblasLower, CblasNoTrans, rows, to - from, -1, own, k, 1, from(row, row), k);
  }

  private DoublePointer from(int row, int column) {
    return new DoublePointer(matrix).position(at(row, column));
  }
}
