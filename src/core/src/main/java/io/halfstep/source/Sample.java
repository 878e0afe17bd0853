package io.halfstep.source;

import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/**
 * One accepted sample.
 *
 * @param position its number in the data, rejected ones counted
 * @param inputs tensors with a first axis of 1, by input
 */
record Sample(long position, Map<String, Tensor> inputs) {

  boolean sameShapes(Sample other) {
    return inputs.entrySet().stream()
        .allMatch(e -> Arrays.equals(e.getValue().shape(), other.shape(e.getKey())));
  }

  private long[] shape(String input) {
    Tensor tensor = inputs.get(input);
    return tensor == null ? new long[0] : tensor.shape();
  }
}
