package io.halfstep.stage;

import io.halfstep.protocol.Activation;
import io.halfstep.tensor.Tensor;

/**
 * Scales the positions of sequences to the same mean square, so that each counts the same in a
 * layer's error. Otherwise the few tokens of a transformer with very large activations decide the
 * rounding, while the normalization behind the layer makes all tokens equal again.
 */
final class EqualPositions {
  private EqualPositions() {}

  /**
   * Divides x and x̂ at each position by the root mean square of x.
   *
   * @param input {@code [sample, …, k]}, FLOAT
   */
  static Activation of(Activation input) {
    float[] x = input.teacher().floats().clone();
    float[] xHat = input.isShared() ? x : input.student().floats().clone();
    int k = Math.toIntExact(input.teacher().dim(-1));
    for (int from = 0; from < x.length; from += k) {
      scale(x, xHat, from, from + k);
    }
    Tensor teacher = Tensor.of(x, input.teacher().shape());
    return input.isShared()
        ? Activation.shared(teacher)
        : new Activation(teacher, Tensor.of(xHat, input.student().shape()));
  }

  private static void scale(float[] x, float[] xHat, int from, int to) {
    double squares = 0;
    for (int i = from; i < to; i++) {
      squares += (double) x[i] * x[i];
    }
    if (squares == 0) {
      return;
    }
    float by = (float) Math.sqrt((to - from) / squares);
    for (int i = from; i < to; i++) {
      x[i] *= by;
      if (xHat != x) {
        xHat[i] *= by;
      }
    }
  }
}
