package io.halfstep.statistics;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one activation tensor after its values have streamed by: extremes, a histogram,
 * counts. Mergeable, bounded in memory, and independent of how the stream was cut into batches, of
 * its order, and of how it was spread over statistics that were merged: the state is exactly the
 * same. NaN and infinities are counted, never folded in. Not thread-safe.
 */
public final class ActivationStatistics {
  /** Values taken at a time, few enough to stay in the nearest cache between two looks at them. */
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
   * Statistics of given content, which go on from there.
   *
   * @param histogram of all finite values; handed over
   * @param nans how many NaN were met
   * @param infinities how many infinities were met
   * @throws IllegalArgumentException if a count is negative
   */
  public static ActivationStatistics of(Histogram histogram, long nans, long infinities) {
    if (nans < 0 || infinities < 0) {
      throw new IllegalArgumentException(nans + " NaN, " + infinities + " infinities");
    }
    return new ActivationStatistics(histogram, nans, infinities);
  }

  /** Takes in values. */
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

  /** Counts what is not finite, and takes in the rest. */
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

  /** Takes in what another has seen. */
  public void merge(ActivationStatistics other) {
    histogram.merge(other.histogram);
    nans += other.nans;
    infinities += other.infinities;
  }

  /** How many finite values were seen. */
  public long count() {
    return histogram.total();
  }

  /** How many of the finite values are 0. */
  public long zeros() {
    return histogram.zeros();
  }

  /** How many NaN were seen. */
  public long nans() {
    return nans;
  }

  /** How many infinities, of either sign, were seen. */
  public long infinities() {
    return infinities;
  }

  /** The least finite value; +∞ where there is none. */
  public float min() {
    return histogram.min();
  }

  /** The greatest finite value; −∞ where there is none. */
  public float max() {
    return histogram.max();
  }

  /** The histogram of the finite values, zeros among them; not to be changed. */
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
