package io.halfstep.source;

import io.halfstep.tensor.Tensor;
import java.util.Map;

/**
 * One accepted sample.
 *
 * @param position its number in the data, rejected ones counted
 * @param inputs tensors with a batch axis of 1, by input
 */
record Sample(long position, Map<String, Tensor> inputs) {}
