package io.halfstep.tensor;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The columns of a convolution or a transposed convolution over an input {@code [samples, channels,
 * spatial...]}, im2col. Row {@code c·kernel + o} of a column holds channel {@code c} of the group
 * at kernel offset {@code o} (row-major).
 */
public final class ConvolutionPatches implements Patches {
  // A transposed convolution with stride s is a convolution with stride 1 over an input with s − 1
  // zeros between its elements, so one rule serves both: output position o and kernel offset k read
  //
  //     input position (o·down + shift + k·dilation) / up
  //
  // if this is a whole number within the input, else 0. A convolution has down = stride, up = 1,
  // shift = −pad; a transposed one down = 1, up = stride, shift = +pad and a negative dilation.

  /** How many elements are worth a second thread. */
  private static final int PARALLEL = 1 << 15;

  /** A whole, in binary fractions. */
  private static final long ONE = 1 << 20;

  private final ConvolutionGeometry geometry;
  private final int channels;
  private final int groups;
  private final int kernelSize;
  private final int perSample;
  private final long firstSample;

  private ConvolutionPatches(
      ConvolutionGeometry geometry, int channels, int groups, int perSample, long firstSample) {
    this.geometry = geometry;
    this.channels = channels;
    this.groups = groups;
    this.perSample = perSample;
    this.firstSample = firstSample;
    this.kernelSize = Arrays.stream(geometry.kernel()).reduce(1, Math::multiplyExact);
  }

  /**
   * Patches of a layer with {@code channels} input channels in {@code groups} groups.
   *
   * @throws IllegalArgumentException if the channels don't divide into the groups
   */
  public static ConvolutionPatches of(ConvolutionGeometry geometry, int channels, int groups) {
    if (groups < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(channels + " channels in " + groups + " groups");
    }
    return new ConvolutionPatches(geometry, channels, groups, Integer.MAX_VALUE, 0);
  }

  @Override
  public int groups() {
    return groups;
  }

  @Override
  public int k() {
    return channels / groups * kernelSize;
  }

  /** Whole lines of the last axis are kept: a line is read at once. */
  @Override
  public ConvolutionPatches thinned(int most) {
    return new ConvolutionPatches(geometry, channels, groups, most, firstSample);
  }

  @Override
  public ConvolutionPatches from(long sample) {
    return new ConvolutionPatches(geometry, channels, groups, perSample, sample);
  }

  @Override
  public int positions(long[] inputShape) {
    ConvolutionGeometry.Axis[] axes = geometry.axes(inputShape);
    int line = axes[axes.length - 1].out();
    return Math.multiplyExact(
        Math.toIntExact(inputShape[0]), Math.multiplyExact(keptLines(axes), line));
  }

  private static int lines(ConvolutionGeometry.Axis[] axes) {
    int lines = 1;
    for (int d = 0; d < axes.length - 1; d++) {
      lines = Math.multiplyExact(lines, axes[d].out());
    }
    return lines;
  }

  private int keptLines(ConvolutionGeometry.Axis[] axes) {
    int line = axes[axes.length - 1].out();
    int lines = lines(axes);
    return line == 0 ? lines : (int) Math.min(lines, ((long) perSample + line - 1) / line);
  }

  @Override
  public void extract(
      float[] input, long[] inputShape, int group, int from, int count, float[] to) {
    if (count == 0) {
      return;
    }
    ConvolutionGeometry.Axis[] axes = geometry.axes(inputShape);
    IntStream rows = IntStream.range(0, k());
    if ((long) count * k() >= PARALLEL) {
      rows = rows.parallel();
    }
    rows.forEach(row -> new Row(axes, input, group, row).copy(from, count, to, row * count));
  }

  /** A number in [0, ONE) that looks random: the finalizer of SplitMix64. */
  private static long place(long sample) {
    long z = sample * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return (z ^ (z >>> 31)) >>> (64 - 20);
  }

  /** One row of the columns: one channel at one kernel offset. */
  private final class Row {
    private final ConvolutionGeometry.Axis[] axes;
    private final float[] input;
    private final int channel;
    private final int plane;
    private final int[] offset;
    private final int[] position;
    private final ConvolutionGeometry.Axis last;
    private final int firstValid;
    private final int endValid;
    private final int lines;
    private final int kept;

    Row(ConvolutionGeometry.Axis[] axes, float[] input, int group, int row) {
      this.axes = axes;
      this.input = input;
      this.channel = group * (channels / groups) + row / kernelSize;
      int n = axes.length;
      this.offset = new int[n];
      this.position = new int[n];
      int size = 1;
      int rest = row % kernelSize;
      for (int d = n - 1; d >= 0; d--) {
        offset[d] = axes[d].shift() + rest % axes[d].kernel() * axes[d].dilation();
        rest /= axes[d].kernel();
        size *= axes[d].in();
      }
      this.plane = size;
      this.last = axes[n - 1];
      this.firstValid = last.first(offset[n - 1]);
      this.endValid = last.end(offset[n - 1]);
      this.lines = lines(axes);
      this.kept = keptLines(axes);
    }

    void copy(int from, int count, float[] to, int at) {
      int start = from % last.out();
      int number = from / last.out() % kept;
      int sample = from / last.out() / kept;
      int end = at + count;
      while (at < end) {
        moveTo(sample, number);
        int length = Math.min(end - at, last.out() - start);
        int line = line(sample);
        if (line < 0) {
          Arrays.fill(to, at, at + length, 0);
        } else {
          copyLine(line, start, length, to, at);
        }
        at += length;
        start = 0;
        if (++number == kept) {
          number = 0;
          sample++;
        }
      }
    }

    /** Of a sample's lines one from each of equal parts, all at one place that the sample fixes. */
    private void moveTo(int sample, int number) {
      int line = number;
      if (kept < lines) {
        line = (int) ((number * ONE + place(firstSample + sample)) * lines / (kept * ONE));
      }
      for (int d = axes.length - 2; d > 0; d--) {
        position[d] = line % axes[d].out();
        line /= axes[d].out();
      }
      if (axes.length > 1) {
        position[0] = line;
      }
    }

    /**
     * Where the input's line begins that this line of the output reads; negative in the padding.
     */
    private int line(int sample) {
      int line = 0;
      for (int d = 0; d < axes.length - 1; d++) {
        int i = axes[d].input(position[d], offset[d]);
        if (i < 0) {
          return -1;
        }
        line = line * axes[d].in() + i;
      }
      return (sample * channels + channel) * plane + line * last.in();
    }

    private void copyLine(int line, int start, int length, float[] to, int at) {
      int shift = offset[axes.length - 1];
      int first = Math.max(firstValid, last.align(start, shift));
      int end = Math.min(endValid, start + length);
      if (first >= end) {
        Arrays.fill(to, at, at + length, 0);
        return;
      }
      int target = at + first - start;
      int source = line + (first * last.down() + shift) / last.up();
      if (last.up() == 1) {
        Arrays.fill(to, at, target, 0);
        Arrays.fill(to, at + end - start, at + length, 0);
        if (last.down() == 1) {
          System.arraycopy(input, source, to, target, end - first);
        } else {
          for (int i = target; i < at + end - start; i++) {
            to[i] = input[source];
            source += last.down();
          }
        }
      } else {
        Arrays.fill(to, at, at + length, 0);
        for (int i = target; i < at + end - start; i += last.up()) {
          to[i] = input[source++];
        }
      }
    }
  }
}
