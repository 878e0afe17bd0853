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
  void subtractProduct(
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

  int rows() {
    return rows;
  }

  int columns() {
    return columns;
  }

  private DoublePointer at(int row, int column) {
    return new DoublePointer(values).position((long) row * columns + column);
  }

  @Override
  public void close() {
    values.close();
  }
}
