package io.halfstep.reconstruction;

import io.halfstep.protocol.RunEvent;
import io.halfstep.quantizer.Encoding;
import io.halfstep.tensor.Tensor;
import java.util.Map;

/**
 * The student before it learns by gradient.
 *
 * @param layers the quantized layers' integers and biases, by name
 * @param activations the encodings of the tensors that are read quantized
 * @param curvature of the error of the network's outputs along what blocks make, by tensor; empty
 *     if it is not known
 */
public record RoundedNetwork(
    Map<String, RunEvent.Rounded> layers,
    Map<String, Encoding> activations,
    Map<String, Tensor> curvature) {
  /** A student of which no curvature is known. */
  public RoundedNetwork(Map<String, RunEvent.Rounded> layers, Map<String, Encoding> activations) {
    this(layers, activations, Map.of());
  }

  /** Returns the same with a curvature. */
  public RoundedNetwork with(Map<String, Tensor> ofBlocks) {
    return new RoundedNetwork(layers, activations, ofBlocks);
  }
}
