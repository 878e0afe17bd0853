package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Attributes;
import io.halfstep.model.Onnx;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Where a convolution of known shapes reads: along each spatial axis, output position {@code o} at
 * the kernel's element {@code k} reads position {@code o·stride + k·dilation − head} of its input.
 * Of a transposed convolution, input and output change places.
 *
 * @param kernel the size of the kernel
 * @param in the size of the side that is read
 * @param out the size of the side with a position per window
 * @param tail what the last window reads beyond the end of the input; negative if it ends before
 */
record ConvolutionWindow(
    int groups,
    int[] kernel,
    int[] strides,
    int[] dilations,
    int[] in,
    int[] out,
    int[] head,
    int[] tail) {

  /**
   * @param weight the shape of the weight, {@code [*, *, kernel...]}
   * @param in the shape of the side that is read
   * @param out the shape of the side with a position per window
   */
  static ConvolutionWindow of(NodeProto node, long[] weight, long[] in, long[] out) {
    Attributes attributes = Attributes.of(node);
    int axes = weight.length - 2;
    ConvolutionWindow window =
        new ConvolutionWindow(
            (int) attributes.integer("group", 1),
            spatial(weight),
            orElse(attributes.integers("strides"), axes, 1),
            orElse(attributes.integers("dilations"), axes, 1),
            spatial(in),
            spatial(out),
            new int[axes],
            new int[axes]);
    String mode = attributes.text("auto_pad", "NOTSET");
    boolean computed = mode.startsWith("SAME") || attributes.find("output_shape") != null;
    int[] added = orElse(attributes.integers("output_padding"), axes, 0);
    int[] pads = orElse(attributes.integers("pads"), 2 * axes, 0);
    for (int d = 0; d < axes; d++) {
      int total = window.span(d) - window.in[d];
      int padding = Math.max(0, total + added[d]);
      window.head[d] =
          computed ? (mode.equals("SAME_UPPER") ? padding / 2 : padding - padding / 2) : pads[d];
      window.tail[d] = total - window.head[d];
    }
    return window;
  }

  /** Returns the distance from the first element that windows read to behind the last one. */
  private int span(int d) {
    return (out[d] - 1) * strides[d] + (kernel[d] - 1) * dilations[d] + 1;
  }

  private static int[] spatial(long[] shape) {
    return Arrays.stream(shape, 2, shape.length).mapToInt(Math::toIntExact).toArray();
  }

  private static int[] orElse(int @Nullable [] values, int count, int otherwise) {
    if (values != null) {
      return values;
    }
    int[] all = new int[count];
    Arrays.fill(all, otherwise);
    return all;
  }

  int axes() {
    return kernel.length;
  }

  /** Returns the axes of a tensor along which windows lie. */
  long[] spatialAxes() {
    return LongStream.range(2, 2 + axes()).toArray();
  }

  int positions() {
    return product(out);
  }

  /** Returns the number of elements of the kernel. */
  int taps() {
    return product(kernel);
  }

  private static int product(int[] sizes) {
    return Arrays.stream(sizes).reduce(1, Math::multiplyExact);
  }

  /** Returns whether each window is the element at its own position. */
  boolean isPointwise() {
    return taps() == 1 && Arrays.equals(in, out) && Arrays.stream(head).allMatch(n -> n == 0);
  }

  /** Returns the first position that a kernel's element reads in the padded input. */
  long[] start(int tap) {
    long[] start = new long[axes()];
    for (int d = axes() - 1; d >= 0; d--) {
      start[d] = (long) (tap % kernel[d]) * dilations[d];
      tap /= kernel[d];
    }
    return start;
  }

  /** Returns the end of the positions that a kernel's element reads in the padded input. */
  long[] end(int tap) {
    long[] end = start(tap);
    for (int d = 0; d < end.length; d++) {
      end[d] += (long) (out[d] - 1) * strides[d] + 1;
    }
    return end;
  }

  /** Returns the pads of the input, {@code [head..., tail...]}. */
  long[] pads() {
    long[] pads = new long[2 * axes()];
    for (int d = 0; d < axes(); d++) {
      pads[d] = head[d];
      pads[axes() + d] = Math.max(0, tail[d]);
    }
    return pads;
  }

  /** Returns the attributes of a Conv that reads as this window does. */
  AttributeProto[] attributes() {
    return new AttributeProto[] {
      Onnx.attribute("group", groups),
      Onnx.attribute("strides", longs(strides)),
      Onnx.attribute("dilations", longs(dilations)),
      Onnx.attribute("pads", pads())
    };
  }

  /**
   * Returns the attributes of the Conv whose kernel is of the size {@code out}: it finds, at the
   * kernel's elements, the sums of products of what they read and of the windows' positions. There
   * may be more if the last window ends before the input.
   */
  AttributeProto[] exchangedAttributes(long groups) {
    return new AttributeProto[] {
      Onnx.attribute("group", groups),
      Onnx.attribute("strides", longs(dilations)),
      Onnx.attribute("dilations", longs(strides)),
      Onnx.attribute("pads", pads())
    };
  }

  /** Returns the attributes of the ConvTranspose that writes where this window reads. */
  AttributeProto[] transposedAttributes() {
    AttributeProto[] attributes = Arrays.copyOf(attributes(), 5);
    attributes[4] =
        Onnx.attribute(
            "output_padding", Arrays.stream(tail).mapToLong(n -> Math.max(0, -n)).toArray());
    return attributes;
  }

  private static long[] longs(int[] values) {
    return Arrays.stream(values).asLongStream().toArray();
  }
}
