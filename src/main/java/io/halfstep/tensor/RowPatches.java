package io.halfstep.tensor;

/**
 * The columns of a matrix product: of MatMul and Gemm each row of the left operand {@code [..., k]}
 * is a position; of a Gemm with {@code transA} each column of {@code [k, positions]}.
 */
public final class RowPatches implements Patches {
  /**
   * Positions that are transposed together, so that what is read and written stays in the cache.
   */
  private static final int BLOCK = 16;

  private final int k;
  private final boolean transposed;

  private RowPatches(int k, boolean transposed) {
    this.k = k;
    this.transposed = transposed;
  }

  /** An input {@code [..., k]}. */
  public static RowPatches rows(int k) {
    return new RowPatches(k, false);
  }

  /** An input {@code [k, positions]}. */
  public static RowPatches columns(int k) {
    return new RowPatches(k, true);
  }

  @Override
  public int groups() {
    return 1;
  }

  @Override
  public int k() {
    return k;
  }

  @Override
  public int positions(long[] inputShape) {
    return Tensor.elements(inputShape) / k;
  }

  @Override
  public void extract(
      float[] input, long[] inputShape, int group, int from, int count, float[] to) {
    if (transposed) {
      int positions = positions(inputShape);
      for (int row = 0; row < k; row++) {
        System.arraycopy(input, row * positions + from, to, row * count, count);
      }
      return;
    }
    for (int start = 0; start < count; start += BLOCK) {
      int end = Math.min(count, start + BLOCK);
      for (int row = 0; row < k; row++) {
        int source = (from + start) * k + row;
        for (int i = row * count + start; i < row * count + end; i++) {
          to[i] = input[source];
          source += k;
        }
      }
    }
  }
}
