package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Attributes;
import io.halfstep.model.Onnx;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Means and maxima of windows. */
final class PoolingGradients {
  private PoolingGradients() {}

  static void all(Map<String, OperatorGradient> gradients) {
    gradients.put("AveragePool", PoolingGradients::average);
    gradients.put("MaxPool", PoolingGradients::max);
  }

  /**
   * Each window gives every element that it reads its gradient, divided by their number: a
   * transposed convolution, of each plane by itself, with a kernel of ones.
   */
  private static void average(NodeProto node, BackwardPass pass) {
    String x = node.getInput(0);
    String y = node.getOutput(0);
    long[] in = pass.shape(x);
    long[] out = pass.shape(y);
    long[] kernel = in.clone();
    int[] size = Objects.requireNonNull(Attributes.of(node).integers("kernel_shape"));
    Arrays.setAll(kernel, d -> d < 2 ? 1 : size[d - 2]);
    ConvolutionWindow window = ConvolutionWindow.of(node, kernel, in, out);
    pass.give(
        x,
        () -> {
          String ones = pass.expand(pass.scalar(1), kernel);
          String shares = pass.mul(pass.gradient(y), share(node, window, ones, in, pass));
          String spread =
              pass.add(
                  "ConvTranspose",
                  List.of(pass.reshape(shares, planes(out)), ones),
                  window.transposedAttributes());
          return pass.reshape(spread, in);
        });
  }

  /**
   * Returns a tensor {@code [1, 1, out...]} of the factor of each element in its window's mean. It
   * depends on how padding counts: of ones, it is their mean divided by their sum.
   */
  private static String share(
      NodeProto node, ConvolutionWindow window, String kernel, long[] in, BackwardPass pass) {
    long[] plane = in.clone();
    plane[0] = 1;
    plane[1] = 1;
    String ones = pass.expand(pass.scalar(1), plane);
    String mean = pass.addAll(node.toBuilder().setInput(0, ones).build(), 1).get(0);
    return pass.add("Div", mean, pass.add("Conv", List.of(ones, kernel), window.attributes()));
  }

  /** Returns the shape in which each channel of each sample is a sample. */
  private static long[] planes(long[] shape) {
    long[] planes = shape.clone();
    planes[0] = shape[0] * shape[1];
    planes[1] = 1;
    return planes;
  }

  /** The gradient goes to the first of the greatest elements of each window. */
  private static void max(NodeProto node, BackwardPass pass) {
    String x = node.getInput(0);
    pass.give(
        x,
        () -> {
          String g = pass.reshape(pass.gradient(node.getOutput(0)), -1);
          String places = pass.reshape(places(node, pass), -1);
          long[] shape = pass.shape(x);
          return pass.reshape(pass.scattered(g, places, 0, Tensor.elements(shape)), shape);
        });
  }

  /** Returns where each window's maximum is in the flattened input. */
  private static String places(NodeProto node, BackwardPass pass) {
    return pass.addAll(Onnx.without(node, "storage_order"), 2).get(1);
  }
}
