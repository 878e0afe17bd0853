package io.halfstep.tensor;

/**
 * The columns of a matrix product: of MatMul and Gemm each row of the left operand {@code [..., k]}
 * is a position; of a Gemm with {@code transA} each column of {@code [k, positions]}.
 */
public final class RowPatches implements Patches {
  /** Positions that are transposed together, so that the working set stays in the cache. */
  private static final int BLOCK = 16;

  private final int k;
  private final boolean transposed;

  private RowPatches(int k, boolean transposed) {
    this.k = k;
    this.transposed = transposed;
  }

  /** Returns the patches of an input {@code [..., k]}. */
  public static RowPatches rows(int k) {
    return new RowPatches(k, false);
  }

  /** Returns the patches of an input {@code [k, positions]}. */
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

  /** Returns whether a position is a column of the input, not a row. */
  public boolean isTransposed() {
    return transposed;
  }

  @Override
  public boolean keepsFirstAxis(int rank) {
    return !transposed;
  }

  @Override
  public Columns columns(long[] inputShape, long firstSample) {
    int positions = Tensor.elements(inputShape) / k;
    return transposed ? new AsTheyAre(positions) : new Transposed(k, positions);
  }

  private record AsTheyAre(int positions) implements Columns {
    @Override
    public void extract(float[] input, int row, int rows, int from, int count, float[] to) {
      for (int r = 0; r < rows; r++) {
        System.arraycopy(input, (row + r) * positions + from, to, r * count, count);
      }
    }
  }

  private record Transposed(int k, int positions) implements Columns {
    @Override
    public void extract(float[] input, int row, int rows, int from, int count, float[] to) {
      for (int start = 0; start < count; start += BLOCK) {
        int end = Math.min(count, start + BLOCK);
        for (int r = 0; r < rows; r++) {
          int source = (from + start) * k + row + r;
          for (int i = r * count + start; i < r * count + end; i++) {
            to[i] = input[source];
            source += k;
          }
        }
      }
    }
  }
}
