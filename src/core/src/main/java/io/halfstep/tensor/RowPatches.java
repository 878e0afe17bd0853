package io.halfstep.tensor;

import java.util.Arrays;

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

  /**
   * Returns the patches of a product with a stack of matrices, {@code [..., M, k] · [stack..., k,
   * out]}, a group for each. As in ONNX's broadcasting, the axes before the last two are aligned at
   * their ends: where the stack has several matrices, the input has as many, or one for all.
   *
   * @param weight the shape of the stack, {@code [stack..., k, out]}
   */
  public static Patches ofStack(long[] weight) {
    int axes = weight.length - 2;
    return new Stack(Arrays.copyOf(weight, axes), Math.toIntExact(weight[axes]));
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

  /**
   * A group for each matrix of a stack. Each row of the input is a position of every group that
   * reads it.
   */
  private static final class Stack implements Patches {
    private final long[] stack;
    private final int groups;
    private final int k;

    Stack(long[] stack, int k) {
      this.stack = stack;
      this.groups = Tensor.elements(stack);
      this.k = k;
    }

    @Override
    public int groups() {
      return groups;
    }

    @Override
    public int k() {
      return k;
    }

    /** If the first axis tells the matrix of the stack, it does not count samples. */
    @Override
    public boolean keepsFirstAxis(int rank) {
      int axis = stack.length + 2 - rank;
      return rank <= 2 || axis < 0 || stack[axis] == 1;
    }

    @Override
    public Columns columns(long[] inputShape, long firstSample) {
      int axes = Math.max(0, inputShape.length - 2);
      int rows = inputShape.length < 2 ? 1 : Math.toIntExact(inputShape[axes]);
      int[] ofGroup = new int[groups];
      int[] ofMatrix = {0};
      int stride = rows * k;
      int inner = 1; // the matrices of the stack for each index of the axis
      for (int i = 1; i <= Math.max(axes, stack.length); i++) {
        int size = i <= axes ? Math.toIntExact(inputShape[axes - i]) : 1;
        int several = i <= stack.length ? Math.toIntExact(stack[stack.length - i]) : 1;
        if (several == 1) {
          ofMatrix = repeated(ofMatrix, size, stride);
        } else if (size > 1) {
          for (int group = 0; group < groups; group++) {
            ofGroup[group] += group / inner % several * stride;
          }
        }
        inner *= several;
        stride *= size;
      }
      return new Stacked(k, rows, ofGroup, ofMatrix);
    }

    private static int[] repeated(int[] places, int times, int stride) {
      int[] all = new int[places.length * times];
      for (int i = 0; i < all.length; i++) {
        all[i] = i / places.length * stride + places[i % places.length];
      }
      return all;
    }

    /**
     * @param rows the rows of a matrix of the input
     * @param ofGroup where the first matrix that a group reads begins in the input
     * @param ofMatrix the places of all that it reads, relative to the first
     */
    private record Stacked(int k, int rows, int[] ofGroup, int[] ofMatrix) implements Columns {
      @Override
      public int positions() {
        return ofMatrix.length * rows;
      }

      @Override
      public void extract(float[] input, int row, int height, int from, int count, float[] to) {
        int[] places = new int[BLOCK];
        for (int start = 0; start < count; start += BLOCK) {
          int size = Math.min(BLOCK, count - start);
          for (int i = 0; i < size; i++) {
            int position = from + start + i;
            places[i] = ofMatrix[position / rows] + position % rows * k;
          }
          for (int r = 0; r < height; r++) {
            int base = ofGroup[(row + r) / k] + (row + r) % k;
            for (int i = 0; i < size; i++) {
              to[r * count + start + i] = input[base + places[i]];
            }
          }
        }
      }
    }
  }
}
