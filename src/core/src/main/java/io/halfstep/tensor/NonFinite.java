package io.halfstep.tensor;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Finds values that are NaN or infinite. */
public final class NonFinite {
  private NonFinite() {}

  /**
   * Describes the values of a FLOAT tensor that are not finite: {@code NaN at [3, 0], and 2 more}.
   *
   * @return null if all are finite
   */
  public static @Nullable String of(Tensor tensor) {
    float[] values = tensor.floats();
    int first = -1;
    int count = 0;
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        first = count++ == 0 ? i : first;
      }
    }
    if (count == 0) {
      return null;
    }
    return values[first]
        + " at "
        + Arrays.toString(index(first, tensor.shape()))
        + (count > 1 ? ", and " + (count - 1) + " more" : "");
  }

  private static long[] index(long position, long[] shape) {
    long[] index = new long[shape.length];
    long left = position;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = left % shape[axis];
      left /= shape[axis];
    }
    return index;
  }
}
