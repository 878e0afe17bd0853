package io.halfstep.tensor;

import io.halfstep.tensor.ConvolutionGeometry.Axis;
import java.util.Arrays;

/** The columns of a convolution for one shape of the input. */
final class ConvolutionColumns implements Patches.Columns {
  // A transposed convolution with stride s is a convolution with stride 1 over an input with s − 1
  // zeros between its elements, so one rule serves both: output position o and kernel offset k read
  //
  //     input position (o·down + shift + k·dilation) / up
  //
  // if this is a whole number within the input, else 0. A convolution has down = stride, up = 1,
  // shift = −pad; a transposed one down = 1, up = stride, shift = +pad and a negative dilation.
  //
  // The output is walked in lines along the last axis. Where it has the input's shape, position p
  // reads input position p + a constant: a sample is then copied at once, and positions in the
  // padding are set to zero.

  /** 1 as a fixed-point number. */
  private static final long ONE = 1 << 20;

  private final Axis[] axes;
  private final Axis last;
  private final int channels;
  private final int plane;
  private final int kernelSize;
  private final int lines;
  private final int kept;
  // from a kept line to the next: step lines and the fraction stepRest / part
  private final long part;
  private final int step;
  private final long stepRest;
  private final boolean shifted;
  private final long firstSample;
  private final int positions;

  /**
   * The columns.
   *
   * @param samples of the input
   * @param channels of the input, over all groups
   * @param perSample how many positions of a sample are kept, approximately
   * @param firstSample the number of the input's first sample, which decides which
   */
  ConvolutionColumns(Axis[] axes, int samples, int channels, int perSample, long firstSample) {
    this.axes = axes;
    this.channels = channels;
    this.firstSample = firstSample;
    last = axes[axes.length - 1];
    int size = 1;
    int kernel = 1;
    int outer = 1;
    boolean same = true;
    for (int d = 0; d < axes.length; d++) {
      size *= axes[d].in();
      kernel *= axes[d].kernel();
      outer = d == axes.length - 1 ? outer : Math.multiplyExact(outer, axes[d].out());
      same &= axes[d].up() == 1 && axes[d].down() == 1;
      same &= d == 0 || axes[d].in() == axes[d].out();
    }
    plane = size;
    kernelSize = kernel;
    lines = outer;
    int width = last.out();
    kept = width == 0 ? lines : (int) Math.min(lines, ((long) perSample + width - 1) / width);
    part = kept * ONE;
    step = kept == 0 ? 0 : lines / kept;
    stepRest = kept == 0 ? 0 : lines % kept * ONE;
    shifted = same && kept == lines;
    positions = Math.multiplyExact(samples, Math.multiplyExact(kept, width));
  }

  @Override
  public int positions() {
    return positions;
  }

  @Override
  public void extract(float[] input, int row, int rows, int from, int count, float[] to) {
    if (count > 0) {
      Walk walk = new Walk(input, to);
      for (int r = 0; r < rows; r++) {
        walk.aim(row + r);
        walk.copy(from, r * count, count);
      }
    }
  }

  /** Returns a pseudo-random number in [0, ONE): the finalizer of SplitMix64. */
  private static long place(long sample) {
    long z = sample * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return (z ^ (z >>> 31)) >>> (64 - 20);
  }

  /** Writes row after row: one channel at one kernel offset. */
  private final class Walk {
    private final float[] input;
    private final float[] to;
    private final int[] offset = new int[axes.length];
    private int channel;
    private int line;
    private long rest;
    private int shift;
    private int firstValid;
    private int endValid;

    Walk(float[] input, float[] to) {
      this.input = input;
      this.to = to;
    }

    void aim(int row) {
      channel = row / kernelSize;
      int rest = row % kernelSize;
      int stride = 1;
      shift = 0;
      for (int d = axes.length - 1; d >= 0; d--) {
        Axis axis = axes[d];
        offset[d] = axis.shift() + rest % axis.kernel() * axis.dilation();
        rest /= axis.kernel();
        shift += offset[d] * stride;
        stride *= axis.in();
      }
      firstValid = last.first(offset[axes.length - 1]);
      endValid = last.end(offset[axes.length - 1]);
    }

    /**
     * Writes positions {@code [from, from + count)} of the row to {@code to}, from {@code at} on.
     */
    void copy(int from, int at, int count) {
      int perSample = kept * last.out();
      int sample = from / perSample;
      int start = from % perSample;
      for (int end = at + count; at < end; sample++) {
        int length = Math.min(end - at, perSample - start);
        int base = (sample * channels + channel) * plane;
        if (shifted) {
          copySample(base, start, at, length);
        } else {
          copyLines(base, sample, start, at, length);
        }
        at += length;
        start = 0;
      }
    }

    /** Copies all positions at once, then sets those in the padding of each axis to zero. */
    private void copySample(int base, int start, int at, int count) {
      int behind = start + count;
      int origin = at - start;
      int first = Math.max(start, -shift);
      int length = Math.min(behind, plane - shift) - first;
      if (length > 0) {
        System.arraycopy(input, base + first + shift, to, origin + first, length);
      }
      int inner = 1;
      for (int d = axes.length - 1; d >= 0; d--) {
        Axis axis = axes[d];
        int block = inner * axis.out();
        int head = Math.min(axis.out(), axis.first(offset[d])) * inner;
        int tail = Math.max(0, axis.end(offset[d])) * inner;
        if (head > 0 || tail < block) {
          for (int b = start / block * block; b < behind; b += block) {
            clear(origin + Math.max(start, b), origin + Math.min(behind, b + head));
            clear(origin + Math.max(start, b + tail), origin + Math.min(behind, b + block));
          }
        }
        inner = block;
      }
    }

    private void copyLines(int base, int sample, int start, int at, int count) {
      int width = last.out();
      int column = start % width;
      moveTo(sample, start / width);
      for (int end = at + count; at < end; moveOn()) {
        int length = Math.min(end - at, width - column);
        int begin = begin();
        if (begin < 0) {
          Arrays.fill(to, at, at + length, 0);
        } else {
          copyLine(base + begin, column, at, length);
        }
        at += length;
        column = 0;
      }
    }

    /**
     * Keeps one line of each of equally long parts of a sample, at the same place in each part; the
     * sample's number determines the place.
     */
    private void moveTo(int sample, int number) {
      long place = kept < lines ? place(firstSample + sample) : 0;
      long numerator = (number * ONE + place) * lines;
      line = (int) (numerator / part);
      rest = numerator % part;
    }

    private void moveOn() {
      line += step;
      rest += stepRest;
      if (rest >= part) {
        rest -= part;
        line++;
      }
    }

    /**
     * Returns the offset within the channel of the input line that this output line reads; negative
     * in the padding.
     */
    private int begin() {
      int outer = line;
      int begin = 0;
      int stride = last.in();
      for (int d = axes.length - 2; d >= 0; d--) {
        Axis axis = axes[d];
        int position = outer;
        if (d > 0) {
          position %= axis.out();
          outer /= axis.out();
        }
        int i = axis.input(position, offset[d]);
        if (i < 0) {
          return -1;
        }
        begin += i * stride;
        stride *= axis.in();
      }
      return begin;
    }

    private void clear(int from, int end) {
      for (int i = from; i < end; i++) {
        to[i] = 0;
      }
    }

    private void copyLine(int begin, int start, int at, int length) {
      int lastOffset = offset[axes.length - 1];
      int first = Math.max(firstValid, last.align(start, lastOffset));
      int behind = Math.min(endValid, start + length);
      if (first >= behind) {
        Arrays.fill(to, at, at + length, 0);
        return;
      }
      int target = at + first - start;
      int end = at + behind - start;
      clear(at, target);
      clear(end, at + length);
      int source = begin + last.input(first, lastOffset);
      if (last.up() > 1) {
        clear(target, end);
        for (int i = target; i < end; i += last.up()) {
          to[i] = input[source++];
        }
      } else if (last.down() > 1) {
        for (int i = target; i < end; i++) {
          to[i] = input[source];
          source += last.down();
        }
      } else {
        System.arraycopy(input, source, to, target, end - target);
      }
    }
  }
}
