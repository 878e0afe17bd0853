package io.halfstep.cli.evaluation;

import io.halfstep.tensor.Tensor;

/** The classes that an output predicts. */
final class Predictions {
  private Predictions() {}

  /**
   * The index of the greatest value along the class axis, the first of equals, in row-major order
   * of the other axes. The class axis is 1 where an output is {@code [N, classes]} or has the
   * spatial axes of a segmentation {@code [N, classes, H, W …]}, and the last for sequences {@code
   * [N, T, classes]}.
   */
  static int[] of(Tensor output) {
    double[] values = reals(output);
    int rank = output.rank();
    int axis = rank >= 4 ? 1 : Math.max(0, rank - 1);
    int classes = rank == 0 ? 1 : Math.toIntExact(output.dim(axis));
    int inner = 1;
    for (int i = axis + 1; i < rank; i++) {
      inner *= Math.toIntExact(output.dim(i));
    }
    int[] predictions = new int[classes == 0 ? 0 : values.length / classes];
    for (int p = 0; p < predictions.length; p++) {
      int start = p / inner * inner * classes + p % inner;
      int best = 0;
      for (int c = 1; c < classes; c++) {
        if (values[start + c * inner] > values[start + best * inner]) {
          best = c;
        }
      }
      predictions[p] = best;
    }
    return predictions;
  }

  /** The elements as doubles. */
  static double[] reals(Tensor tensor) {
    double[] reals = new double[tensor.size()];
    Object data = tensor.data();
    if (data instanceof float[] floats) {
      for (int i = 0; i < reals.length; i++) {
        reals[i] = floats[i];
      }
    } else if (data instanceof double[] doubles) {
      return doubles;
    } else {
      for (int i = 0; i < reals.length; i++) {
        reals[i] = java.lang.reflect.Array.getDouble(data, i);
      }
    }
    return reals;
  }
}
