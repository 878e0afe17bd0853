package io.halfstep.statistics;

import io.halfstep.tensor.OffHeapMatrix;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** A part of the totals that one thread updates from the slots of a block, slot after slot. */
interface Accumulation {
  /**
   * Adds a block.
   *
   * @param used how many columns of each slot are filled
   */
  void add(IntUnaryOperator used, BufferPool buffers);

  /**
   * {@code A Bᵀ}, summed over slots, added to a rectangle of the totals.
   *
   * @param totals where to, row-major
   * @param offset of the rectangle's first element
   * @param stride from one row of the totals to the next
   * @param size of the square buffer that holds a product
   */
  record Product(
      List<OffHeapMatrix> a,
      List<OffHeapMatrix> b,
      double[] totals,
      int offset,
      int stride,
      int size)
      implements Accumulation {

    @Override
    public void add(IntUnaryOperator used, BufferPool buffers) {
      OffHeapMatrix product = buffers.borrowSquare(size);
      float[] row = buffers.borrow(size);
      for (int slot = 0; slot < a.size(); slot++) {
        int columns = used.applyAsInt(slot);
        if (columns > 0) {
          product.setProductTransposed(a.get(slot), b.get(slot), columns);
          int width = b.get(slot).rows();
          for (int i = 0; i < a.get(slot).rows(); i++) {
            product.get(i, row, 0, width);
            int to = offset + i * stride;
            for (int j = 0; j < width; j++) {
              totals[to + j] += row[j];
            }
          }
        }
      }
      buffers.giveBack(row);
      buffers.giveBack(product);
    }
  }

  /** The sum of squares of each row, summed over slots. */
  record Squares(List<OffHeapMatrix> z, double[] totals) implements Accumulation {
    @Override
    public void add(IntUnaryOperator used, BufferPool buffers) {
      float[] row = buffers.borrow(z.get(0).columns());
      for (int slot = 0; slot < z.size(); slot++) {
        int columns = used.applyAsInt(slot);
        for (int i = 0; columns > 0 && i < totals.length; i++) {
          z.get(slot).get(i, row, 0, columns);
          double sum = 0;
          for (int j = 0; j < columns; j++) {
            sum += (double) row[j] * row[j];
          }
          totals[i] += sum;
        }
      }
      buffers.giveBack(row);
    }
  }
}
