package io.halfstep.tensor;

import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.openblas.global.openblas;

/**
 * A double precision matrix outside the heap, row-major; freed by {@link #close()}. One thread per
 * call; calls that write to different matrices may run in parallel.
 */
public final class DoubleMatrix implements AutoCloseable {
  private final DoublePointer values;
  private final int rows;
  private final int columns;

  /** Creates a matrix of undefined values. */
  public DoubleMatrix(int rows, int columns) {
    Blas.load();
    values = new DoublePointer((long) rows * columns);
    this.rows = rows;
    this.columns = columns;
  }

  /** Returns a copy of {@code [size, size]} values, row-major. */
  public static DoubleMatrix square(double[] values, int size) {
    DoubleMatrix matrix = new DoubleMatrix(size, size);
    matrix.values.put(values, 0, size * size);
    return matrix;
  }

  /** Writes {@code length} elements of a row, beginning at a column. */
  public void put(int row, int column, double[] from, int offset, int length) {
    at(row, column).put(from, offset, length);
  }

  /** Reads {@code length} elements of a row, beginning at a column. */
  public void get(int row, int column, double[] to, int offset, int length) {
    at(row, column).get(to, offset, length);
  }

  /**
   * Adds {@code A[:, :inner] · B[row : row + inner, column:]} to this matrix's columns from {@code
   * column} on.
   */
  public void addProduct(DoubleMatrix a, DoubleMatrix b, int inner, int row, int column) {
    if (a.rows != rows || b.columns != columns || inner > a.columns || row + inner > b.rows) {
      throw new IllegalArgumentException("the shapes do not fit");
    }
    if (column < columns) {
      openblas.cblas_dgemm(
          CblasRowMajor,
          CblasNoTrans,
          CblasNoTrans,
          rows,
          columns - column,
          inner,
          1,
          a.values,
          a.columns,
          b.at(row, column),
          b.columns,
          1,
          at(0, column),
          columns);
    }
  }

  /**
   * Replaces each row {@code x} by the {@code y} with {@code U y = x}.
   *
   * @param u square; U is its part above the diagonal, with ones on the diagonal
   */
  public void solveUnitUpper(DoubleMatrix u) {
    if (u.rows != columns || u.columns != columns) {
      throw new IllegalArgumentException("the shapes do not fit");
    }
    TriangularSolve.unitUpper(u, this);
  }

  /**
   * Subtracts {@code X[:, from : from + inner] · B} from the columns {@code [column, column +
   * width)} of this matrix X; they don't overlap.
   *
   * @param transposed whether B is {@code other[column : column + width, from : from + inner]ᵀ}
   *     rather than {@code other[from : from + inner, column : column + width]}
   */
  private void subtractProduct(
      int from, int inner, DoubleMatrix other, int column, int width, boolean transposed) {
    if (width > 0) {
      openblas.cblas_dgemm(
          CblasRowMajor,
          CblasNoTrans,
          transposed ? CblasTrans : CblasNoTrans,
          rows,
          width,
          inner,
          -1,
          at(0, from),
          columns,
          transposed ? other.at(column, from) : other.at(from, column),
          other.columns,
          1,
          at(0, column),
          columns);
    }
  }

  /** Replaces each row {@code x} by the {@code y} with {@code L Lᵀ y = x}. */
  void solveCholesky(DoubleMatrix l) {
    TriangularSolve.lower(l, this);
    TriangularSolve.lowerTransposed(l, this);
  }

  private DoublePointer at(int row, int column) {
    return new DoublePointer(values).position((long) row * columns + column);
  }

  @Override
  public void close() {
    values.close();
  }

  /**
   * Solves triangular systems for each row of a matrix: blocks of columns on the heap, and the
   * product of each block by {@link #subtractProduct}.
   *
   * <p>OpenBLAS's own dtrsm, and with it dposv and dpotrf, is wrong in version 0.3.19 on Intel
   * processors with AVX-512, for 8 unknowns and more.
   */
  private static final class TriangularSolve {
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
      for (int to = x.columns; to > 0; to = (to - 1) / BLOCK * BLOCK) {
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
      for (int from = 0; from < x.columns; from += BLOCK) {
        int to = Math.min(x.columns, from + BLOCK);
        solve.read(l, from, to - from);
        solve.fromTheFirst(from, to - from);
        x.subtractProduct(from, to - from, l, to, x.columns - to, true);
      }
    }

    /** Replaces each row {@code x} by the {@code y} with {@code Lᵀ y = x}. */
    static void lowerTransposed(DoubleMatrix l, DoubleMatrix x) {
      TriangularSolve solve = new TriangularSolve(x);
      for (int to = x.columns; to > 0; to = (to - 1) / BLOCK * BLOCK) {
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
      for (int r = 0; r < x.rows; r++) {
        x.get(r, from, row, 0, size);
        for (int i = size - 1; i >= 0; i--) {
          eliminate(i, i + 1, size);
        }
        x.put(r, from, row, 0, size);
      }
    }

    private void fromTheFirst(int from, int size) {
      for (int r = 0; r < x.rows; r++) {
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
}
