package io.halfstep.ranges;

import io.halfstep.statistics.SampleStatistics;

/**
 * A method for activations that looks at single samples. Where there are none, as for tensors that
 * share an encoding, it chooses from the statistics of all values.
 */
public interface SampledRangeMethod extends ActivationRangeMethod {
  /**
   * Creates what observes the samples.
   *
   * @param seed of random choices
   */
  SampleStatistics observer(long seed);

  /**
   * Returns the method for these samples.
   *
   * @param observed by an {@link #observer}
   */
  ActivationRangeMethod given(SampleStatistics observed);
}
