package io.halfstep.tensor;

import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.CblasUpper;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Dense linear algebra of ND4J, with one thread per call. Callers parallelize over pieces that do
 * not depend on the number of threads, so that results don't either.
 */
public final class Blas {
  /*
   * The calls go to the OpenBLAS that ND4J brings, past Nd4j.gemm: that allocates 4 KiB and costs
   * 25 µs per call, and it copies operands whose leading dimension isn't their width.
   */
  static {
    // ND4J sets the number of threads when it starts, and overwrites an earlier setting.
    Nd4j.getBackend();
    openblas.blas_set_num_threads(1);
  }

  private Blas() {}

  /** Loads and configures the libraries on the first call. */
  static void load() {}

  /**
   * Computes the lower Cholesky factor of a symmetric matrix in place, with rows and columns
   * reordered so that each pivot is the least one left.
   *
   * @param a {@code [k, k]}, row-major
   * @param betweenPanels called about every tenth of a second; may throw to abort
   * @return the original place of each row; empty if {@code a} is not positive definite in double
   *     precision: it is then unchanged
   */
  public static int[] pivotedCholesky(double[] a, int k, Runnable betweenPanels) {
    return PivotedCholesky.factor(a, k, betweenPanels);
  }

  /**
   * Solves {@code X A = B} for a symmetric positive definite {@code A}.
   *
   * @param a {@code [k, k]}, row-major; overwritten
   * @param b {@code [rows, k]}, row-major; replaced by X
   * @return whether {@code a} is positive definite in double precision; if not, {@code b} is
   *     unchanged
   */
  public static boolean solveSymmetric(double[] a, int k, double[] b, int rows) {
    int[] order = pivotedCholesky(a, k, () -> {});
    if (order.length < k) {
      return false;
    }
    double[] row = new double[k];
    try (DoubleMatrix factor = DoubleMatrix.square(a, k);
        DoubleMatrix x = new DoubleMatrix(rows, k)) {
      for (int r = 0; r < rows; r++) {
        for (int i = 0; i < k; i++) {
          row[i] = b[r * k + order[i]];
        }
        x.put(r, 0, row, 0, k);
      }
      x.solveCholesky(factor);
      for (int r = 0; r < rows; r++) {
        x.get(r, 0, row, 0, k);
        for (int i = 0; i < k; i++) {
          b[r * k + order[i]] = row[i];
        }
      }
    }
    return true;
  }

  /** Returns {@code X A}, {@code [rows, k]}, of a symmetric {@code A [k, k]}, row-major. */
  public static double[] timesSymmetric(double[] x, int rows, double[] a, int k) {
    double[] product = new double[rows * k];
    openblas.cblas_dgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, k, k, 1, x, k, a, k, 0, product, k);
    return product;
  }

  static INDArray allocate(long rows, long columns) {
    return Nd4j.createUninitialized(DataType.FLOAT, new long[] {rows, columns}, 'c');
  }

  static void gemm(
      boolean transposeB,
      int m,
      int n,
      int k,
      FloatPointer a,
      int lda,
      FloatPointer b,
      int ldb,
      FloatPointer c,
      int ldc) {
    openblas.cblas_sgemm(
        CblasRowMajor,
        CblasNoTrans,
        transposeB ? CblasTrans : CblasNoTrans,
        m,
        n,
        k,
        1,
        a,
        lda,
        b,
        ldb,
        0,
        c,
        ldc);
  }

  /** {@code y = A x}. */
  static void gemv(
      int m, int n, FloatPointer a, int lda, FloatPointer x, FloatPointer y, int strideOfY) {
    openblas.cblas_sgemv(CblasRowMajor, CblasNoTrans, m, n, 1, a, lda, x, 1, 0, y, strideOfY);
  }

  /** {@code C = A Aᵀ}, on and above the diagonal. */
  static void syrk(int n, int k, FloatPointer a, int lda, FloatPointer c, int ldc) {
    openblas.cblas_ssyrk(CblasRowMajor, CblasUpper, CblasNoTrans, n, k, 1, a, lda, 0, c, ldc);
  }
}
