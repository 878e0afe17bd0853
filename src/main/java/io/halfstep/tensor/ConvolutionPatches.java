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

  private final ConvolutionGeometry geometry;
  private final int channels;
  private final int groups;
  private final int kernelSize;

  private ConvolutionPatches(ConvolutionGeometry geometry, int channels, int groups) {
    this.geometry = geometry;
    this.channels = channels;
    this.groups = groups;
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
    return new ConvolutionPatches(geometry, channels, groups);
  }

  @Override
  public int groups() {
    return groups;
  }

  @Override
  public int k() {
    return channels / groups * kernelSize;
  }

  @Override
  public int positions(long[] inputShape) {
    int positions = Math.toIntExact(inputShape[0]);
    for (ConvolutionGeometry.Axis axis : geometry.axes(inputShape)) {
      positions = Math.multiplyExact(positions, axis.out());
    }
    return positions;
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
    }

    void copy(int from, int count, float[] to, int at) {
      int rest = from;
      for (int d = axes.length - 1; d >= 0; d--) {
        position[d] = rest % axes[d].out();
        rest /= axes[d].out();
      }
      int sample = rest;
      int end = at + count;
      while (at < end) {
        int start = position[axes.length - 1];
        int length = Math.min(end - at, last.out() - start);
        int line = line(sample);
        if (line < 0) {
          Arrays.fill(to, at, at + length, 0);
        } else {
          copyLine(line, start, length, to, at);
        }
        at += length;
        sample += nextLine();
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

    /** Moves on to the next line; 1 where that is in the next sample. */
    private int nextLine() {
      position[axes.length - 1] = 0;
      for (int d = axes.length - 2; d >= 0; d--) {
        if (++position[d] < axes[d].out()) {
          return 0;
        }
        position[d] = 0;
      }
      return 1;
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
