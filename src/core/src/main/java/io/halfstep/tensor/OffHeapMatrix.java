package io.halfstep.tensor;

import java.nio.FloatBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A single precision matrix in ND4J's memory outside the heap, row-major, and its products. It is
 * reused from call to call and freed by {@link #close()}. Calls on different matrices, and reads of
 * the same matrix, may run in parallel.
 */
public final class OffHeapMatrix implements AutoCloseable {
  private static final AtomicLong BYTES = new AtomicLong();

  private final INDArray array;
  private final FloatPointer pointer;
  private final FloatBuffer buffer;
  private final int rows;
  private final int columns;

  /** Creates a matrix of undefined values. */
  public OffHeapMatrix(int rows, int columns) {
    this(Math.multiplyExact(rows, columns), rows, columns);
  }

  private OffHeapMatrix(int length, int rows, int columns) {
    this(Blas.allocate(rows, columns), 0, length, rows, columns);
    BYTES.addAndGet(array.length() * Float.BYTES);
  }

  /** Returns the memory of all matrices that are not closed. */
  public static long bytes() {
    return BYTES.get();
  }

  private OffHeapMatrix(INDArray array, long offset, int length, int rows, int columns) {
    this.array = array;
    this.rows = rows;
    this.columns = columns;
    pointer = new FloatPointer(array.data().addressPointer()).position(offset);
    pointer.limit(offset + length);
    buffer = pointer.asBuffer();
  }

  /** Returns the number of rows. */
  public int rows() {
    return rows;
  }

  /** Returns the number of columns. */
  public int columns() {
    return columns;
  }

  /**
   * Returns a view of rows {@code [from, to)}: the memory is shared, and only the whole matrix may
   * be closed.
   */
  public OffHeapMatrix rows(int from, int to) {
    return new OffHeapMatrix(
        array,
        pointer.position() + (long) from * columns,
        (to - from) * columns,
        to - from,
        columns);
  }

  /** Writes {@code length} elements, row-major, beginning at an element. */
  public void put(int row, int column, float[] from, int offset, int length) {
    buffer.put(row * columns + column, from, offset, length);
  }

  /** Reads {@code length} elements, row-major, beginning at the start of a row. */
  public void get(int row, float[] to, int offset, int length) {
    buffer.get(row * columns, to, offset, length);
  }

  /** Reads {@code length} elements of a row, beginning at a column. */
  public void get(int row, int column, float[] to, int offset, int length) {
    buffer.get(row * columns + column, to, offset, length);
  }

  /**
   * Sets the upper left corner {@code [a.rows, b.rows]} of this matrix to {@code A Bᵀ}, both cut to
   * their first {@code inner} columns.
   */
  public void setProductTransposed(OffHeapMatrix a, OffHeapMatrix b, int inner) {
    check(a.rows <= rows && b.rows <= columns && inner <= a.columns && inner <= b.columns);
    if (b.rows == 1) {
      Blas.gemv(a.rows, inner, a.pointer, a.columns, b.pointer, pointer, columns);
    } else {
      Blas.gemm(
          true, a.rows, b.rows, inner, a.pointer, a.columns, b.pointer, b.columns, pointer,
          columns);
    }
  }

  /**
   * Sets the upper triangle of the upper left corner {@code [a.rows, a.rows]} of this matrix to
   * {@code A Aᵀ}, with {@code A} cut to its first {@code inner} columns.
   */
  public void setSquare(OffHeapMatrix a, int inner) {
    check(a.rows <= rows && a.rows <= columns && inner <= a.columns);
    Blas.syrk(a.rows, inner, a.pointer, a.columns, pointer, columns);
  }

  /**
   * Sets the first column of this matrix to the diagonal of that product: each row's sum of
   * squares.
   */
  public void setSquares(OffHeapMatrix a, int inner) {
    check(a.rows <= rows && inner <= a.columns);
    for (int i = 0; i < a.rows; i++) {
      int row = i * a.columns;
      double even = 0;
      double odd = 0;
      for (int j = row; j < row + inner - 1; j += 2) {
        double x = a.buffer.get(j);
        double y = a.buffer.get(j + 1);
        even += x * x;
        odd += y * y;
      }
      double end = inner % 2 == 0 ? 0 : a.buffer.get(row + inner - 1);
      buffer.put(i * columns, (float) (even + odd + end * end));
    }
  }

  /** Sets the first {@code width} columns of this matrix to those of {@code A B}. */
  public void setProduct(OffHeapMatrix a, OffHeapMatrix b, int width) {
    setProduct(a, b, 0, width);
  }

  /** Sets columns {@code [from, to)} of this matrix to those of {@code A B}. */
  public void setProduct(OffHeapMatrix a, OffHeapMatrix b, int from, int to) {
    check(a.rows <= rows && a.columns == b.rows && to <= columns && to <= b.columns);
    Blas.gemm(
        false,
        a.rows,
        to - from,
        a.columns,
        a.pointer,
        a.columns,
        b.at(from),
        b.columns,
        at(from),
        columns);
  }

  private FloatPointer at(int column) {
    return column == 0 ? pointer : pointer.getPointer(column);
  }

  private static void check(boolean fits) {
    if (!fits) {
      throw new IllegalArgumentException("the shapes do not fit");
    }
  }

  @Override
  public void close() {
    array.close();
    BYTES.addAndGet(-array.length() * Float.BYTES);
  }
}
