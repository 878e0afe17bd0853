package io.halfstep.statistics;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A histogram of at most {@link #CAPACITY} bins that adapts to the range of the values. Its state
 * depends only on which values were counted, not on their order, on batch boundaries, or on how
 * they were spread over {@linkplain #merge merged} histograms.
 *
 * <p>Bin {@code i} counts the values in {@code [i·2^e, (i+1)·2^e)}, for one exponent {@code e}
 * (which may be negative) of all bins. Finite values only. Not thread-safe.
 */
public final class Histogram {
  /*
   * Invariants.
   * 1. e is the least exponent, no finer than the ulp of the value of greatest magnitude, at which the
   *    bins of the two extremes are less than CAPACITY apart: a function of the extremes alone.
   *    (The bound by the ulp keeps |i| at 2^24, and loses nothing.)
   * 2. e grows with the range, never shrinks, and floor(floor(x / 2^e) / 2^d) = floor(x / 2^(e+d)):
   *    merging 2^d neighbours gives exactly what counting at e + d would have given.
   * 3. As all bins lie within CAPACITY of each other, bin i lives at ring[i mod CAPACITY], and a range
   *    that grows at the same exponent moves nothing.
   */

  /** The greatest number of bins; a power of two. */
  public static final int CAPACITY = 4096;

  private static final int MASK = CAPACITY - 1;

  private long[] ring = new long[CAPACITY];
  private float min = Float.POSITIVE_INFINITY;
  private float max = Float.NEGATIVE_INFINITY;
  private int exponent;
  private long total;
  private long zeros;

  public Histogram() {}

  /**
   * Restores a histogram.
   *
   * @param min the least value
   * @param max the greatest value
   * @param zeros the number of zeros
   * @param counts of the bins from min's to max's; empty if no value was counted
   * @throws IllegalArgumentException if these are inconsistent
   */
  public static Histogram of(float min, float max, long zeros, long[] counts) {
    Histogram histogram = new Histogram();
    if (counts.length == 0) {
      return histogram;
    }
    if (!(min <= max) || Float.isInfinite(min) || Float.isInfinite(max)) {
      throw new IllegalArgumentException("histogram over [" + min + ", " + max + "]");
    }
    histogram.cover(min, max);
    if (counts.length != histogram.bins()) {
      throw new IllegalArgumentException(
          counts.length + " counts for the " + histogram.bins() + " bins of " + histogram);
    }
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] < 0) {
        throw new IllegalArgumentException("count " + counts[i] + " in bin " + i);
      }
      histogram.ring[(histogram.firstBin() + i) & MASK] = counts[i];
      histogram.total += counts[i];
    }
    histogram.zeros = zeros;
    if (zeros < 0 || zeros > (min <= 0 && max >= 0 ? histogram.ring[0] : 0)) {
      throw new IllegalArgumentException(zeros + " zeros in " + histogram);
    }
    return histogram;
  }

  /** Counts {@code values[from .. to)}, which are all finite and have the extremes min and max. */
  void add(float[] values, int from, int to, float min, float max) {
    cover(min, max);
    double binsPerUnit = Math.scalb(1.0, -exponent);
    long[] bins = ring;
    for (int i = from; i < to; i++) {
      bins[(int) Math.floor(values[i] * binsPerUnit) & (bins.length - 1)]++;
    }
    total += to - from;
    zeros += zerosIn(values, from, to);
  }

  /** Adds the counts of another histogram. */
  public void merge(Histogram other) {
    if (other.total == 0) {
      return;
    }
    cover(other.min, other.max);
    int shift = Math.min(exponent - other.exponent, Integer.SIZE - 1);
    int first = other.firstBin();
    int bins = other.bins();
    for (int i = first; i < first + bins; i++) {
      ring[(i >> shift) & MASK] += other.ring[i & MASK];
    }
    total += other.total;
    zeros += other.zeros;
  }

  /**
   * Returns this histogram with its counts times a weight, rounded. At both ends, bins whose counts
   * become 0 are dropped, and the last bin's outer bound is the new extreme; counts of bins that
   * are then too wide are spread evenly.
   *
   * @param weight 0 to 1
   */
  public Histogram times(double weight) {
    long[] counts = counts();
    int from = 0;
    int to = counts.length;
    while (from < to && Math.round(weight * counts[from]) == 0) {
      from++;
    }
    while (from < to && Math.round(weight * counts[to - 1]) == 0) {
      to--;
    }
    Histogram result = new Histogram();
    if (from == to) {
      return result;
    }
    int first = firstBin();
    double width = binWidth();
    result.cover(
        from == 0 ? min : (float) ((first + from) * width),
        to == counts.length ? max : Math.nextDown((float) ((first + to) * width)));
    for (int i = from; i < to; i++) {
      long zerosOfBin = first + i == 0 ? Math.round(weight * zeros) : 0;
      result.zeros += zerosOfBin;
      result.ring[0] += zerosOfBin;
      result.spread(first + i, exponent, Math.round(weight * counts[i]) - zerosOfBin);
      result.total += Math.round(weight * counts[i]);
    }
    return result;
  }

  /** Adds a count evenly to the bins that lie in a wider one. */
  private void spread(int wide, int wideExponent, long count) {
    int shift = wideExponent - exponent;
    long least = Math.max((long) wide << shift, firstBin());
    long end = Math.min((long) (wide + 1) << shift, (long) firstBin() + bins());
    for (long bin = least; bin < end; bin++) {
      long rank = bin - least;
      long share = count * (rank + 1) / (end - least) - count * rank / (end - least);
      ring[(int) bin & MASK] += share;
    }
  }

  /** Returns the number of values. */
  public long total() {
    return total;
  }

  /**
   * Returns the number of values that are exactly 0 (as after a ReLU); the bin of 0 includes them.
   */
  public long zeros() {
    return zeros;
  }

  /** Returns the least value; +∞ if there is none. */
  public float min() {
    return min;
  }

  /** Returns the greatest value; −∞ if there is none. */
  public float max() {
    return max;
  }

  /** Returns the exponent of the bin width, a power of 2. */
  public int exponent() {
    return exponent;
  }

  /**
   * Returns the width of a bin, in the units of the values: less than {@code (max − min) / 2047},
   * or the ulp of the value of greatest magnitude if that is greater.
   */
  public double binWidth() {
    return Math.scalb(1.0, exponent);
  }

  /** Returns the index of the bin that holds the least value: {@code floor(min / binWidth)}. */
  public int firstBin() {
    return min > max ? 0 : bin(min, exponent);
  }

  /** Returns the number of bins from that of the least value to that of the greatest. */
  public int bins() {
    return min > max ? 0 : bin(max, exponent) - bin(min, exponent) + 1;
  }

  /** The counts of {@link #bins()} bins from {@link #firstBin()} on; a copy. */
  public long[] counts() {
    long[] counts = new long[bins()];
    int first = firstBin();
    for (int i = 0; i < counts.length; i++) {
      counts[i] = ring[(first + i) & MASK];
    }
    return counts;
  }

  /**
   * Returns a quantile: the value of rank {@code ceil(share · total)}, interpolated within its bin.
   * The error is less than {@link #binWidth()}; at the extremes the quantile is exact.
   *
   * @param share in [0, 1]
   * @throws IllegalStateException if nothing was counted
   */
  public double quantile(double share) {
    if (total == 0) {
      throw new IllegalStateException("quantile of an empty histogram");
    }
    long rank = (long) Math.ceil(share * total);
    if (rank <= 1) {
      return min;
    }
    if (rank >= total) {
      return max;
    }
    int bin = firstBin();
    long below = 0;
    while (below + ring[bin & MASK] < rank) {
      below += ring[bin++ & MASK];
    }
    double least = Math.max(min, bin * binWidth());
    double greatest = Math.min(max, (bin + 1) * binWidth());
    return least + (greatest - least) * (rank - below - 0.5) / ring[bin & MASK];
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Histogram that
        && total == that.total
        && zeros == that.zeros
        && min == that.min
        && max == that.max
        && Arrays.equals(ring, that.ring);
  }

  @Override
  public int hashCode() {
    return Objects.hash(total, zeros, min, max);
  }

  @Override
  public String toString() {
    return bins() + " bins of width 2^" + exponent + " over [" + min + ", " + max + "]";
  }

  /** Widens the range to include these values; the caller then counts them. */
  private void cover(float least, float greatest) {
    // adding 0 turns -0 into 0
    float newMin = Math.min(min, least + 0f);
    float newMax = Math.max(max, greatest + 0f);
    int newExponent = exponentFor(newMin, newMax);
    if (total > 0 && newExponent > exponent) {
      coarsen(newExponent - exponent);
    }
    min = newMin;
    max = newMax;
    exponent = newExponent;
  }

  /** Merges each 2^doublings adjacent bins. */
  private void coarsen(int doublings) {
    long[] coarse = new long[CAPACITY];
    int shift = Math.min(doublings, Integer.SIZE - 1);
    int first = firstBin();
    int last = first + bins() - 1;
    for (int i = first; i <= last; i++) {
      coarse[(i >> shift) & MASK] += ring[i & MASK];
    }
    ring = coarse;
  }

  /** Branch-free: after a ReLU, a branch would be mispredicted half of the time. */
  private static int zerosIn(float[] values, int from, int to) {
    int others = 0;
    for (int i = from; i < to; i++) {
      int magnitude = Float.floatToRawIntBits(values[i]) << 1;
      others += (magnitude | -magnitude) >>> 31;
    }
    return to - from - others;
  }

  private static int exponentFor(float min, float max) {
    float magnitude = Math.max(-min, max);
    int e = Math.max(Math.getExponent(magnitude), Float.MIN_EXPONENT) - 23;
    while (bin(max, e) - bin(min, e) >= CAPACITY) {
      e++;
    }
    return e;
  }

  private static int bin(float value, int exponent) {
    return (int) Math.floor(Math.scalb((double) value, -exponent));
  }
}
