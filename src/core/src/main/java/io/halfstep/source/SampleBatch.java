package io.halfstep.source;

import io.halfstep.tensor.Tensor;
import java.util.Map;

/**
 * Samples of equal shapes, one after another in the data.
 *
 * @param id counts the batches of a pass from 0
 * @param firstSample the number of accepted samples before this batch
 * @param samples the number of samples: the size of every batched tensor's batch axis
 * @param inputs the model's inputs by name, in the model's order
 */
public record SampleBatch(long id, long firstSample, int samples, Map<String, Tensor> inputs) {

  /**
   * Returns the tensor for an input.
   *
   * @throws IllegalArgumentException if the batch has none of this name
   */
  public Tensor input(String name) {
    Tensor tensor = inputs.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no input '" + name + "', only " + inputs.keySet());
    }
    return tensor;
  }

  /** Returns the size of the tensors in bytes. */
  public long bytes() {
    return inputs.values().stream().mapToLong(Tensor::bytes).sum();
  }
}
