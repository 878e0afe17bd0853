package io.halfstep.source;

import io.halfstep.tensor.Tensor;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Samples of equal shapes.
 *
 * @param id counts the batches of a pass from 0
 * @param numbers of the samples among the accepted ones, in the order of the data
 * @param inputs the model's inputs by name, in the model's order
 */
public record SampleBatch(long id, long[] numbers, Map<String, Tensor> inputs) {

  /** A batch of samples that follow one another in the data. */
  public SampleBatch(long id, long firstSample, int samples, Map<String, Tensor> inputs) {
    this(id, LongStream.range(firstSample, firstSample + samples).toArray(), inputs);
  }

  /** Returns the number of samples: the size of every batched tensor's batch axis. */
  public int samples() {
    return numbers.length;
  }

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
