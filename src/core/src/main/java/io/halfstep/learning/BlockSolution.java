package io.halfstep.learning;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.tensor.Tensor;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a block has learned.
 *
 * @param weights by the layers' names
 * @param biases by the layers' names
 * @param activations the encodings with learned steps, by tensor
 * @param before the error of the block's outputs before learning, in proportion to the signal, on
 *     the samples that it learned from
 * @param after the same with what it learned
 */
public record BlockSolution(
    SortedMap<String, QuantizedWeight> weights,
    SortedMap<String, Tensor> biases,
    SortedMap<String, Encoding> activations,
    double before,
    double after) {
  /** Returns what a block has that learned nothing. */
  static BlockSolution nothing(double error) {
    return new BlockSolution(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), error, error);
  }

  /** Returns whether it learned nothing. */
  public boolean isNothing() {
    return weights.isEmpty() && biases.isEmpty() && activations.isEmpty();
  }

  /** Returns the same with another error after learning. */
  BlockSolution withError(double error) {
    return new BlockSolution(weights, biases, activations, before, error);
  }
}
