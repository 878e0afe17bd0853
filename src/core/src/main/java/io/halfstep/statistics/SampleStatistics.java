package io.halfstep.statistics;

import io.halfstep.tensor.Tensor;

/**
 * Statistics of single samples of an activation tensor, seen in the order of the stream. The state
 * does not depend on batch boundaries. Bounded in memory. Not thread-safe.
 */
public sealed interface SampleStatistics permits MovingExtremes, SampledRows {
  /**
   * Adds a batch.
   *
   * @param x samples along the first dimension, each as many of its rows as the others; if they
   *     don't divide it evenly, all of it is one sample
   * @param samples how many there are
   */
  void add(Tensor x, int samples);
}
