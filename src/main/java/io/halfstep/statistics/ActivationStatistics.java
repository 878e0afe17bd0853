package io.halfstep.statistics;

/**
 * What is known of one activation tensor after its values have streamed by: extremes, a histogram,
 * counts. Mergeable, bounded in memory, and independent of how the stream was cut into batches. NaN
 * and infinities are counted, never folded in. Not thread-safe.
 */
public final class ActivationStatistics {
  public ActivationStatistics() {}

  /** Takes in values. */
  public void add(float[] values) {}

  /** Takes in what another has seen. */
  public void merge(ActivationStatistics other) {}
}
