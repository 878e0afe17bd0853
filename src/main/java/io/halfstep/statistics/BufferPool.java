package io.halfstep.statistics;

import io.halfstep.tensor.OffHeapMatrix;
import java.util.ArrayDeque;
import java.util.Iterator;

/** Scratch memory, as much as there are threads at work at once. */
final class BufferPool implements AutoCloseable {
  private final ArrayDeque<float[]> arrays = new ArrayDeque<>();
  private final ArrayDeque<OffHeapMatrix> matrices = new ArrayDeque<>();

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

  /** A square matrix; all that are borrowed from one pool are of one size. */
  OffHeapMatrix borrowSquare(int size) {
    synchronized (this) {
      OffHeapMatrix matrix = matrices.poll();
      if (matrix != null) {
        return matrix;
      }
    }
    return new OffHeapMatrix(size, size);
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
