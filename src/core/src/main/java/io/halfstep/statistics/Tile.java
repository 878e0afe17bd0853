package io.halfstep.statistics;

import io.halfstep.tensor.OffHeapMatrix;
import org.jspecify.annotations.Nullable;

/**
 * A rectangle of the totals. A block is added in two steps: any thread computes the product of a
 * slot in single precision; then the products are added in double precision in the order of the
 * slots, each by the thread that has the next one.
 */
final class Tile {
  /** Sets the upper left corner of a matrix to a slot's product. */
  interface Product {
    void set(OffHeapMatrix to, int slot, int columns);
  }

  private final double[] totals;
  private final int offset;
  private final int stride;
  private final int rows;
  private final int columns;
  private final boolean upper;
  private final Product product;
  private final @Nullable OffHeapMatrix[] waiting;
  private int next;

  /**
   * A rectangle.
   *
   * @param slots of the block
   * @param totals the matrix that it is a part of, row-major
   * @param offset of its first element
   * @param stride from one of its rows to the next
   * @param upper whether only the upper triangle is computed
   */
  Tile(
      int slots,
      double[] totals,
      int offset,
      int stride,
      int rows,
      int columns,
      boolean upper,
      Product product) {
    this.totals = totals;
    this.offset = offset;
    this.stride = stride;
    this.rows = rows;
    this.columns = columns;
    this.upper = upper;
    this.product = product;
    waiting = new OffHeapMatrix[slots];
  }

  /**
   * Adds a slot of a block; each slot must be added once, in any order.
   *
   * @param slots the number of slots
   * @param used the number of filled columns of this one
   */
  void add(int slot, int slots, int used, BufferPool buffers) {
    OffHeapMatrix sum = buffers.borrowSquare();
    product.set(sum, slot, used);
    synchronized (this) {
      waiting[slot] = sum;
      while (next < slots && waiting[next] != null) {
        add(waiting[next], buffers);
        buffers.giveBack(waiting[next]);
        waiting[next++] = null;
      }
      next %= slots;
    }
  }

  private void add(OffHeapMatrix sum, BufferPool buffers) {
    float[] row = buffers.borrow();
    for (int i = 0; i < rows; i++) {
      int first = upper ? i : 0;
      sum.get(i, row, 0, columns);
      int to = offset + i * stride;
      for (int j = first; j < columns; j++) {
        totals[to + j] += row[j];
      }
    }
    buffers.giveBack(row);
  }
}
