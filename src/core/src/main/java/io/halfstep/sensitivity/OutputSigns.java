package io.halfstep.sensitivity;

import io.halfstep.tensor.Mask;
import io.halfstep.tensor.Tensor;
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
    float[] values = y.floats().clone();
    if (mask != null) {
      mask.clearPadding(values, y.shape());
    }
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    float size = squares > 0 ? (float) (1 / Math.sqrt(squares)) : 0;
    float[] v = new float[values.length];
    for (int i = 0; i < v.length; i++) {
      v[i] = random.nextBoolean() ? size : -size;
    }
    if (mask != null) {
      mask.clearPadding(v, y.shape());
    }
    return Tensor.of(v, y.shape());
  }
}
