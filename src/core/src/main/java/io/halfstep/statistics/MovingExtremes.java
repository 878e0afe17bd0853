package io.halfstep.statistics;

import io.halfstep.tensor.Tensor;

/**
 * Exponential moving averages of the least and greatest value of each sample: {@code m ← m + (x −
 * m)/n}, with the number of samples so far in the place of n while it is lower. NaN and infinities
 * are left out.
 */
public final class MovingExtremes implements SampleStatistics {
  private final long window;
  private long count;
  private double least;
  private double greatest;

  /**
   * Creates averages of no samples.
   *
   * @param window n, the number of samples after which the weight of one has fallen to 1/e
   */
  public MovingExtremes(long window) {
    this(window, 0, 0, 0);
  }

  /**
   * Restores averages.
   *
   * @param count the number of samples
   * @param least the average of the least values
   * @param greatest the average of the greatest values
   */
  public MovingExtremes(long window, long count, double least, double greatest) {
    if (window < 1) {
      throw new IllegalArgumentException("a window of " + window);
    }
    this.window = window;
    this.count = count;
    this.least = least;
    this.greatest = greatest;
  }

  @Override
  public void add(Tensor x, int samples) {
    float[] values = x.floats();
    int parts =
        values.length % samples == 0 && x.rank() > 0 && x.dim(0) % samples == 0 ? samples : 1;
    int size = values.length / parts;
    for (int from = 0; from < values.length; from += size) {
      add(values, from, from + size);
    }
  }

  private void add(float[] values, int from, int to) {
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      if (Float.isFinite(values[i])) {
        min = Math.min(min, values[i]);
        max = Math.max(max, values[i]);
      }
    }
    if (min <= max) {
      count++;
      double weight = 1.0 / Math.min(window, count);
      least += (min - least) * weight;
      greatest += (max - greatest) * weight;
    }
  }

  /** Returns the number of samples after which the weight of one has fallen to 1/e. */
  public long window() {
    return window;
  }

  /** Returns the number of samples with a finite value. */
  public long count() {
    return count;
  }

  /** Returns the average of the least values; 0 if there is none. */
  public double least() {
    return least;
  }

  /** Returns the average of the greatest values; 0 if there is none. */
  public double greatest() {
    return greatest;
  }
}
