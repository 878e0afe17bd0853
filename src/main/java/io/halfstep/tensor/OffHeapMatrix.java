package io.halfstep.tensor;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A single precision matrix in ND4J's memory outside the heap, row-major, and its products. It is
 * reused from call to call and freed by {@link #close()}. Calls on different matrices, and reads of
 * the same matrix, may run in parallel.
 */
public final class OffHeapMatrix implements AutoCloseable {
  private final INDArray array;
  private final FloatPointer pointer;
  private final FloatBuffer buffer;
  private final int rows;
  private final int columns;

  /** A matrix of undefined values. */
  public OffHeapMatrix(int rows, int columns) {
    this(Blas.allocate(rows, columns), 0, Math.toIntExact((long) rows * columns), rows, columns);
  }

  private OffHeapMatrix(INDArray array, long offset, int length, int rows, int columns) {
    this.array = array;
    this.rows = rows;
    this.columns = columns;
    pointer = new FloatPointer(array.data().addressPointer()).position(offset);
    pointer.limit(offset + length);
    buffer = pointer.asBuffer();
  }

  /** The number of rows. */
  public int rows() {
    return rows;
  }

  /** The number of columns. */
  public int columns() {
    return columns;
  }

  /** Rows {@code [from, to)}, a view: the memory is shared, and only the whole may be closed. */
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
    Blas.gemm(
        true, a.rows, b.rows, inner, a.pointer, a.columns, b.pointer, b.columns, pointer, columns);
  }

  /** Sets the first {@code width} columns of this matrix to {@code A B}'s. */
  public void setProduct(OffHeapMatrix a, OffHeapMatrix b, int width) {
    check(a.rows <= rows && a.columns == b.rows && width <= columns && width <= b.columns);
    Blas.gemm(
        false, a.rows, width, a.columns, a.pointer, a.columns, b.pointer, b.columns, pointer,
        columns);
  }

  private static void check(boolean fits) {
    if (!fits) {
      throw new IllegalArgumentException("the shapes do not fit");
    }
  }

  @Override
  public void close() {
    array.close();
  }
}
