package io.halfstep.learning;

import io.halfstep.tensor.Mask;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The weights of the elements of a block's outputs in its error ([B] eq. 10): 0 for padding, and
 * for the others the root of how much the network's outputs change with them.
 */
final class OutputWeights {
  private static final Tensor ONE = Tensor.of(new float[] {1}, 1);

  private final Map<String, Tensor> importance;

  /**
   * @param importance by output, of a sample's shape, with a first axis of size 1; the elements of
   *     others are equally important
   */
  OutputWeights(Map<String, Tensor> importance) {
    this.importance = importance;
  }

  /** Returns whether all elements but padding are equally important. */
  boolean areEqual() {
    return importance.isEmpty();
  }

  /**
   * Returns the weights of a batch, in a tensor that broadcasts to it.
   *
   * @param shape of the output
   * @param mask of its padding; null if there is none
   */
  Tensor of(String output, long[] shape, @Nullable Mask mask) {
    Tensor own = importance.get(output);
    if (own == null) {
      return mask == null ? ONE : mask.weights(shape);
    }
    if (mask == null) {
      return own;
    }
    float[] ones = new float[Tensor.elements(shape)];
    Arrays.fill(ones, 1);
    return Tensor.of(times(output, Tensor.of(ones, shape), mask), shape);
  }

  /**
   * Returns the elements of a batch times their weights.
   *
   * @param y the teacher's or the student's output
   * @param mask of its padding; null if there is none
   */
  float[] times(String output, Tensor y, @Nullable Mask mask) {
    Tensor own = importance.get(output);
    if (own == null && mask == null) {
      return y.floats();
    }
    float[] elements = y.floats().clone();
    if (own != null) {
      float[] weights = own.floats();
      for (int i = 0; i < elements.length; i++) {
        elements[i] *= weights[i % weights.length];
      }
    }
    if (mask != null) {
      mask.clearPadding(elements, y.shape());
    }
    return elements;
  }
}
