package io.halfstep.reconstruction;

import io.halfstep.protocol.RunEvent;
import io.halfstep.quantizer.Encoding;
import java.util.Map;

/**
 * The student before it learns by gradient.
 *
 * @param layers the quantized layers' integers and biases, by name
 * @param activations the encodings of the tensors that are read quantized
 */
public record RoundedNetwork(
    Map<String, RunEvent.Rounded> layers, Map<String, Encoding> activations) {}
