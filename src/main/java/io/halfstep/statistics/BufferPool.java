package io.halfstep.statistics;

import io.halfstep.tensor.OffHeapMatrix;
import java.util.ArrayDeque;
import java.util.Iterator;

/** Scratch memory, as much as there are threads at work at once. */
final class BufferPool implements AutoCloseable {
  private final int square;
  private final ArrayDeque<float[]> arrays = new ArrayDeque<>();
  private final ArrayDeque<OffHeapMatrix> matrices = new ArrayDeque<>();

  /**
   * Nothing yet.
   *
   * @param square the size of the square matrices
   */
  BufferPool(int square) {
    this.square = square;
  }

  /** An array of at least this length, of undefined values. */
  float[] borrow(int length) {
    synchronized (this) {
      for (Iterator<float[]> each = arrays.iterator(); each.hasNext(); ) {
        float[] array = each.next();
        if (array.length >= length) {
          each.remove();
          return array;
        }
      }
    }
    return new float[length];
  }

  synchronized void giveBack(float[] array) {
    arrays.add(array);
  }

  /** A square matrix of undefined values. */
  OffHeapMatrix borrowSquare() {
    synchronized (this) {
      OffHeapMatrix matrix = matrices.poll();
      if (matrix != null) {
        return matrix;
      }
    }
    return new OffHeapMatrix(square, square);
  }

  synchronized void giveBack(OffHeapMatrix matrix) {
    matrices.add(matrix);
  }

  @Override
  public synchronized void close() {
    matrices.forEach(OffHeapMatrix::close);
    matrices.clear();
    arrays.clear();
  }
}
