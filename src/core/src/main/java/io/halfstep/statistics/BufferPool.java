package io.halfstep.statistics;

import io.halfstep.tensor.OffHeapMatrix;
import io.halfstep.tensor.OffHeapMemory;
import java.util.ArrayDeque;

/** A pool of scratch memory, which grows to the number of concurrent threads. */
final class BufferPool {
  /** The length of an array: it fits in the first level cache. */
  static final int LENGTH = 1 << 13;

  private final int square;
  private final OffHeapMemory memory;
  private final ArrayDeque<float[]> arrays = new ArrayDeque<>();
  private final ArrayDeque<OffHeapMatrix> matrices = new ArrayDeque<>();

  /**
   * Creates an empty pool.
   *
   * @param square the size of the square matrices
   * @param memory allocates them
   */
  BufferPool(int square, OffHeapMemory memory) {
    this.square = square;
    this.memory = memory;
  }

  /** Returns an array of {@link #LENGTH} undefined values. */
  float[] borrow() {
    synchronized (this) {
      float[] array = arrays.poll();
      if (array != null) {
        return array;
      }
    }
    return new float[LENGTH];
  }

  synchronized void giveBack(float[] array) {
    arrays.add(array);
  }

  /** Returns a square matrix of undefined values. */
  OffHeapMatrix borrowSquare() {
    synchronized (this) {
      OffHeapMatrix matrix = matrices.poll();
      if (matrix != null) {
        return matrix;
      }
    }
    return memory.matrix(square, square);
  }

  synchronized void giveBack(OffHeapMatrix matrix) {
    matrices.add(matrix);
  }
}
