package io.halfstep.tensor;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The spatial geometry of a convolution or transposed convolution with one to three (or more)
 * spatial axes.
 *
 * @param transposed whether it is a transposed convolution
 * @param kernel the kernel's size along each spatial axis
 * @param strides the stride along each spatial axis
 * @param dilations the distance of the kernel's elements along each spatial axis
 * @param padding the padding
 * @param outputPadding the elements that a transposed convolution adds at the end of each spatial
 *     axis
 * @param outputShape the output's spatial size where a transposed convolution prescribes it, which
 *     then determines the padding; else null
 */
public record ConvolutionGeometry(
    boolean transposed,
    int[] kernel,
    int[] strides,
    int[] dilations,
    Padding padding,
    int[] outputPadding,
    int @Nullable [] outputShape) {

  /** Returns the geometry of a convolution. */
  public static ConvolutionGeometry convolution(
      int[] kernel, int[] strides, int[] dilations, Padding padding) {
    return new ConvolutionGeometry(
        false, kernel, strides, dilations, padding, new int[kernel.length], null);
  }

  /** Returns whether an input may be padded. */
  boolean pads() {
    return padding.isSame()
        ? Arrays.stream(kernel).anyMatch(size -> size > 1)
        : Arrays.stream(padding.before()).anyMatch(n -> n != 0)
            || Arrays.stream(padding.after()).anyMatch(n -> n != 0);
  }

  /** Returns the output's shape without its channels: {@code [samples, spatial...]}. */
  public long[] outputShape(long[] inputShape) {
    long[] shape = new long[kernel.length + 1];
    shape[0] = inputShape[0];
    for (int d = 0; d < kernel.length; d++) {
      shape[d + 1] = axis(d, Math.toIntExact(inputShape[d + 2])).out();
    }
    return shape;
  }

  /** Returns the axes for an input {@code [samples, channels, spatial...]}. */
  Axis[] axes(long[] inputShape) {
    if (inputShape.length != kernel.length + 2) {
      throw new IllegalArgumentException(
          "input "
              + Arrays.toString(inputShape)
              + " of a convolution with "
              + kernel.length
              + " spatial axes");
    }
    Axis[] axes = new Axis[kernel.length];
    for (int d = 0; d < axes.length; d++) {
      axes[d] = axis(d, Math.toIntExact(inputShape[d + 2]));
    }
    return isPointwise(axes) ? new Axis[] {flattened(axes)} : axes;
  }

  private Axis axis(int d, int in) {
    int stride = strides[d];
    int reach = (kernel[d] - 1) * dilations[d] + 1;
    return transposed
        ? transposedAxis(d, in, stride, reach)
        : convolutionAxis(d, in, stride, reach);
  }

  private Axis convolutionAxis(int d, int in, int stride, int reach) {
    int head = 0;
    int total = 0;
    if (padding.isSame()) {
      total = Math.max(0, ((in + stride - 1) / stride - 1) * stride + reach - in);
      head = padding.head(total);
    } else if (padding.mode() == Padding.Mode.EXPLICIT) {
      head = padding.before()[d];
      total = head + padding.after()[d];
    }
    int out = Math.max(0, Math.floorDiv(in + total - reach, stride) + 1);
    return new Axis(in, out, kernel[d], stride, 1, -head, dilations[d]);
  }

  private Axis transposedAxis(int d, int in, int stride, int reach) {
    int whole = (in - 1) * stride + outputPadding[d] + reach;
    int head = 0;
    int out = whole;
    if (outputShape != null || padding.isSame()) {
      out = outputShape != null ? outputShape[d] : in * stride;
      int total = Math.max(0, whole - out);
      head = padding.head(total);
      if (outputShape == null) {
        out = whole - total;
      }
    } else if (padding.mode() == Padding.Mode.EXPLICIT) {
      head = padding.before()[d];
      out = whole - head - padding.after()[d];
    }
    return new Axis(in, Math.max(0, out), kernel[d], 1, stride, head, -dilations[d]);
  }

  /** Returns whether each output position reads the input at the same position. */
  private static boolean isPointwise(Axis[] axes) {
    return Arrays.stream(axes)
        .allMatch(a -> a.kernel == 1 && a.down == 1 && a.up == 1 && a.shift == 0 && a.in == a.out);
  }

  private static Axis flattened(Axis[] axes) {
    int size = 1;
    for (Axis axis : axes) {
      size *= axis.in;
    }
    return new Axis(size, size, 1, 1, 1, 0, 0);
  }

  /**
   * One spatial axis for one size of the input: output position {@code o} at kernel offset {@code
   * k} reads input position {@code (o·down + shift + k·dilation) / up}, where that is whole and
   * within the input. One of {@code down} and {@code up} is 1.
   */
  record Axis(int in, int out, int kernel, int down, int up, int shift, int dilation) {
    /**
     * Returns the input position; negative where there is none. No division where none is needed.
     */
    int input(int o, int offset) {
      int i = o * down + offset;
      if (up == 1) {
        return i < in ? i : -1;
      }
      return i >= 0 && i % up == 0 && i / up < in ? i / up : -1;
    }

    /** Returns the first output position that reads the input at all. */
    int first(int offset) {
      return Math.max(0, -Math.floorDiv(offset, down));
    }

    /** Returns the end of the output positions that read the input. */
    int end(int offset) {
      return Math.min(out, Math.floorDiv((in - 1) * up - offset, down) + 1);
    }

    /** Returns the first output position from {@code o} on that reads a whole input position. */
    int align(int o, int offset) {
      return up == 1 ? o : o + Math.floorMod(-(o * down + offset), up);
    }
  }
}
