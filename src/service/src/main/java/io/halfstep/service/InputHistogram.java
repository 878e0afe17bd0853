package io.halfstep.service;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.halfstep.quantizer.Encoding;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * How the values of a layer's input are distributed, and the range that they are quantized to.
 *
 * @param from the lower bound of the first bin
 * @param width of a bin, in the units of the values
 * @param counts of at most {@link #MOST_BINS} bins; none if no value was seen
 * @param bits of the integers, and
 * @param lowest the least real number that one of them stands for, and
 * @param highest the greatest; null if the input stays in float
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record InputHistogram(
    String tensor,
    double from,
    double width,
    long[] counts,
    @Nullable Integer bits,
    @Nullable Float lowest,
    @Nullable Float highest) {
  static final int MOST_BINS = 128;

  /** Adds up neighbouring bins until there are few enough. */
  static InputHistogram of(String tensor, ActivationStatistics seen, @Nullable Encoding encoding) {
    Histogram fine = seen.histogram();
    int first = fine.firstBin();
    int last = first + fine.bins() - 1;
    int shift = 0;
    while ((last >> shift) - (first >> shift) >= MOST_BINS) {
      shift++;
    }
    long[] fineCounts = fine.counts();
    long[] counts = new long[fineCounts.length == 0 ? 0 : (last >> shift) - (first >> shift) + 1];
    for (int i = 0; i < fineCounts.length; i++) {
      counts[((first + i) >> shift) - (first >> shift)] += fineCounts[i];
    }
    double width = Math.scalb(fine.binWidth(), shift);
    return new InputHistogram(
        tensor,
        (first >> shift) * width,
        width,
        counts,
        encoding == null ? null : encoding.grid().bits(),
        encoding == null ? null : encoding.dequantize(encoding.grid().lowest(), 0),
        encoding == null ? null : encoding.dequantize(encoding.grid().highest(), 0));
  }
}
