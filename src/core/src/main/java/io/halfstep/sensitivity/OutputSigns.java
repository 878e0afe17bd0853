package io.halfstep.sensitivity;

import io.halfstep.tensor.Mask;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Random vectors on an output. */
final class OutputSigns {
  private OutputSigns() {}

  /**
   * Returns a vector {@code v = r/‖y‖}, where the elements of r are ±1 with equal probability: with
   * {@code E[vvᵀ] = I/‖y‖²}. Padding counts as 0 in y and r.
   *
   * @param y an output, FLOAT
   * @param mask of the sample; null if there is none
   * @return of the shape of y; zeros if y is 0
   */
  static Tensor relative(Tensor y, @Nullable Mask mask, Random random) {
    float[] v = new float[y.size()];
    Arrays.fill(v, 1);
    if (mask != null) {
      mask.clearPadding(v, y.shape());
    }
    float[] values = y.floats();
    double squares = 0;
    for (int i = 0; i < v.length; i++) {
      squares += (double) v[i] * values[i] * values[i];
    }
    float size = squares > 0 ? (float) (1 / Math.sqrt(squares)) : 0;
    for (int i = 0; i < v.length; i++) {
      if (v[i] != 0) { // the signs of the others do not depend on how long a sample is padded
        v[i] = random.nextBoolean() ? size : -size;
      }
    }
    return Tensor.of(v, y.shape());
  }
}
