package io.halfstep.source;

import io.halfstep.tensor.Tensor;
import java.util.Map;

/**
 * One sample as it was received: neither converted nor normalized.
 *
 * @param inputs tensors with a first axis of 1, in the order of the model's inputs
 */
public record RawSample(Map<String, Tensor> inputs) {

  /** Returns the size of the tensors in bytes. */
  public long bytes() {
    return inputs.values().stream().mapToLong(Tensor::bytes).sum();
  }
}
