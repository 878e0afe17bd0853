package io.halfstep.source;

import io.halfstep.tensor.Tensor;
import java.util.Map;

/**
 * One accepted sample.
 *
 * @param position its number in the data, rejected ones counted
 * @param number its number among the accepted ones
 * @param inputs tensors with a batch axis of 1, by input
 */
record Sample(long position, long number, Map<String, Tensor> inputs) {}
