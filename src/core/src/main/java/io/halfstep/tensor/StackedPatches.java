package io.halfstep.tensor;

import java.util.Arrays;

/**
 * The columns of a product with a stack of matrices, {@code [..., M, k] · [stack..., k, out]}, a
 * group for each matrix of the stack. As in ONNX's broadcasting, the axes before the last two are
 * aligned at their ends: where the stack has several matrices, the input has as many matrices, or
 * one for all. Each row of the input is a position of every group that reads it.
 */
public final class StackedPatches implements Patches {
  /** Positions that are transposed together, so that the working set stays in the cache. */
  private static final int BLOCK = 16;

  private final long[] stack;
  private final int groups;
  private final int k;

  private StackedPatches(long[] stack, int k) {
    this.stack = stack;
    this.groups = Tensor.elements(stack);
    this.k = k;
  }

  /**
   * Returns the patches of a product with a weight {@code [stack..., k, out]}.
   *
   * @param weight the weight's shape
   */
  public static StackedPatches of(long[] weight) {
    int axes = weight.length - 2;
    return new StackedPatches(Arrays.copyOf(weight, axes), Math.toIntExact(weight[axes]));
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
