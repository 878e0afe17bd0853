package io.halfstep.statistics;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Statistics of one activation tensor over a stream: extremes, a histogram, counts. Mergeable and
 * bounded in memory. The state does not depend on the order of the values, on batch boundaries, or
 * on how they were spread over merged statistics. NaN and infinities are only counted. Not
 * thread-safe.
 */
public final class ActivationStatistics {
  /**
   * Values processed at a time: few enough to stay in the first level cache between two passes over
   * them.
   */
  private static final int CHUNK = 4096;

  private final Histogram histogram;
  private long nans;
  private long infinities;

  public ActivationStatistics() {
    this(new Histogram(), 0, 0);
  }

  private ActivationStatistics(Histogram histogram, long nans, long infinities) {
    this.histogram = histogram;
    this.nans = nans;
    this.infinities = infinities;
  }

  /**
   * Restores statistics.
   *
   * @param histogram of all finite values; taken over
   * @param nans the number of NaN
   * @param infinities the number of infinities
   * @throws IllegalArgumentException if a count is negative
   */
  public static ActivationStatistics of(Histogram histogram, long nans, long infinities) {
    if (nans < 0 || infinities < 0) {
      throw new IllegalArgumentException(nans + " NaN, " + infinities + " infinities");
    }
    return new ActivationStatistics(histogram, nans, infinities);
  }

  /** Adds values. */
  public void add(float[] values) {
    for (int from = 0; from < values.length; from += CHUNK) {
      add(values, from, Math.min(from + CHUNK, values.length));
    }
  }

  private void add(float[] values, int from, int to) {
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      // Math's minimum and maximum compile to vector instructions, and pass NaN on.
      min = Math.min(min, values[i]);
      max = Math.max(max, values[i]);
    }
    if (min >= -Float.MAX_VALUE && max <= Float.MAX_VALUE) {
      histogram.add(values, from, to, min, max);
    } else {
      addFinite(values, from, to);
    }
  }

  /** Counts values that are not finite, and adds the others. */
  private void addFinite(float[] values, int from, int to) {
    float[] finite = new float[to - from];
    int n = 0;
    for (int i = from; i < to; i++) {
      if (Float.isNaN(values[i])) {
        nans++;
      } else if (Float.isInfinite(values[i])) {
        infinities++;
      } else {
        finite[n++] = values[i];
      }
    }
    if (n > 0) {
      add(finite, 0, n);
    }
  }

  /** Adds the values of other statistics. */
  public void merge(ActivationStatistics other) {
    histogram.merge(other.histogram);
    nans += other.nans;
    infinities += other.infinities;
  }

  /** Returns these statistics with their counts times a weight; see {@link Histogram#times}. */
  public ActivationStatistics times(double weight) {
    return new ActivationStatistics(
        histogram.times(weight), Math.round(weight * nans), Math.round(weight * infinities));
  }

  /** Returns the number of finite values. */
  public long count() {
    return histogram.total();
  }

  /** Returns the number of zeros. */
  public long zeros() {
    return histogram.zeros();
  }

  /** Returns the number of NaN. */
  public long nans() {
    return nans;
  }

  /** Returns the number of infinities of either sign. */
  public long infinities() {
    return infinities;
  }

  /** Returns the least finite value; +∞ if there is none. */
  public float min() {
    return histogram.min();
  }

  /** Returns the greatest finite value; −∞ if there is none. */
  public float max() {
    return histogram.max();
  }

  /** Returns the histogram of the finite values, including zeros; must not be modified. */
  public Histogram histogram() {
    return histogram;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ActivationStatistics that
        && histogram.equals(that.histogram)
        && nans == that.nans
        && infinities == that.infinities;
  }

  @Override
  public int hashCode() {
    return Objects.hash(histogram, nans, infinities);
  }

  @Override
  public String toString() {
    return count()
        + " values ("
        + zeros()
        + " zeros) in "
        + histogram
        + ", "
        + nans
        + " NaN, "
        + infinities
        + " infinities";
  }
}
