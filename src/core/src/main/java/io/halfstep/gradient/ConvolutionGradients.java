package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Onnx;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Conv and ConvTranspose: each is the other's gradient with respect to the input.
 *
 * <p>The gradient of a weight is a matrix product over samples and positions for each element of
 * the kernel. ONNX Runtime computes these two to four times as fast as a convolution whose kernel
 * is the gradient of the output, since its kernels expect small ones; but of depthwise convolutions
 * a third as fast and less exactly.
 */
final class ConvolutionGradients {
  private ConvolutionGradients() {}

  static void all(Map<String, OperatorGradient> gradients) {
    gradients.put("Conv", ConvolutionGradients::conv);
    gradients.put("ConvTranspose", ConvolutionGradients::convTranspose);
  }

  private static void conv(NodeProto node, BackwardPass pass) {
    String x = node.getInput(0);
    String w = node.getInput(1);
    String y = node.getOutput(0);
    String g = pass.gradient(y);
    ConvolutionWindow window =
        ConvolutionWindow.of(node, pass.shape(w), pass.shape(x), pass.shape(y));
    pass.give(x, () -> pass.add("ConvTranspose", List.of(g, w), window.transposedAttributes()));
    pass.give(w, () -> weight(x, g, window, pass.shape(w), pass.shape(x)[0], pass));
    bias(node, g, pass);
  }

  private static void convTranspose(NodeProto node, BackwardPass pass) {
    String x = node.getInput(0);
    String w = node.getInput(1);
    String y = node.getOutput(0);
    String g = pass.gradient(y);
    ConvolutionWindow window =
        ConvolutionWindow.of(node, pass.shape(w), pass.shape(y), pass.shape(x));
    pass.give(x, () -> pass.add("Conv", List.of(g, w), window.attributes()));
    pass.give(w, () -> weight(g, x, window, pass.shape(w), pass.shape(x)[0], pass));
    bias(node, g, pass);
  }

  private static void bias(NodeProto node, String g, BackwardPass pass) {
    if (node.getInputCount() > 2 && !node.getInput(2).isEmpty()) {
      String b = node.getInput(2);
      int rank = pass.shape(node.getOutput(0)).length;
      long[] axes = LongStream.range(0, rank).filter(axis -> axis != 1).toArray();
      pass.give(b, () -> pass.reshape(pass.sum(g, axes), pass.shape(b)));
    }
  }

  /**
   * {@code ∂W[o, c, k] = Σ over samples n and positions p of ∂Y[n, o, p]·X[n, c, p·stride +
   * k·dilation − head]}.
   *
   * @param read the side that windows read, X
   * @param positions the side with a position per window, ∂Y
   */
  private static String weight(
      String read,
      String positions,
      ConvolutionWindow window,
      long[] shape,
      long samples,
      BackwardPass pass) {
    int groups = window.groups();
    long rows = shape[0] / groups;
    long columns = shape[1];
    if (rows == 1 && columns == 1) {
      return depthwise(read, positions, window, shape, samples, pass);
    }
    long terms = samples * window.positions();
    String right =
        pass.reshape(
            pass.transpose(
                pass.reshape(positions, samples, groups, rows, window.positions()), 1, 0, 3, 2),
            groups,
            terms,
            rows);
    String channelsFirst = pass.transpose(padded(read, window, pass), channelsFirst(window));
    List<String> products = new ArrayList<>();
    for (int tap = 0; tap < window.taps(); tap++) {
      String left = pass.reshape(slice(channelsFirst, tap, window, pass), groups, columns, terms);
      products.add(pass.reshape(pass.add("MatMul", left, right), 1, groups, columns, rows));
    }
    String taps =
        products.size() == 1
            ? products.get(0)
            : pass.add("Concat", products, Onnx.attribute("axis", 0));
    return pass.reshape(pass.transpose(taps, 1, 3, 2, 0), shape);
  }

  /** With one channel per group: each plane, as a group, is convolved with its gradient. */
  private static String depthwise(
      String read,
      String positions,
      ConvolutionWindow window,
      long[] shape,
      long samples,
      BackwardPass pass) {
    long planes = samples * window.groups();
    String kernels =
        pass.add(
            "Conv",
            List.of(
                pass.reshape(read, followed(window.in(), 1, planes)),
                pass.reshape(positions, followed(window.out(), planes, 1))),
            window.exchangedAttributes(planes));
    long[] axes = window.spatialAxes();
    String cropped =
        pass.add(
            "Slice",
            kernels,
            pass.integerVector(new long[axes.length]),
            pass.integerVector(followed(window.kernel())),
            pass.integerVector(axes));
    long[] perSample = followed(window.kernel(), samples, window.groups());
    return pass.reshape(pass.sum(pass.reshape(cropped, perSample), 0), shape);
  }

  /** Returns a shape of these first dimensions, followed by spatial ones. */
  private static long[] followed(int[] spatial, long... first) {
    return LongStream.concat(Arrays.stream(first), Arrays.stream(spatial).asLongStream()).toArray();
  }

  private static int[] channelsFirst(ConvolutionWindow window) {
    int[] axes = new int[window.axes() + 2];
    Arrays.setAll(axes, d -> d < 2 ? 1 - d : d);
    return axes;
  }

  private static String padded(String tensor, ConvolutionWindow window, BackwardPass pass) {
    long[] pads = window.pads();
    if (Arrays.stream(pads).allMatch(n -> n == 0)) {
      return tensor;
    }
    int axes = window.axes();
    long[] all = new long[2 * (axes + 2)];
    System.arraycopy(pads, 0, all, 2, axes);
    System.arraycopy(pads, axes, all, axes + 4, axes);
    return pass.add("Pad", tensor, pass.integerVector(all));
  }

  private static String slice(String tensor, int tap, ConvolutionWindow window, BackwardPass pass) {
    if (window.isPointwise()) {
      return tensor;
    }
    long[] steps = Arrays.stream(window.strides()).asLongStream().toArray();
    return pass.add(
        "Slice",
        tensor,
        pass.integerVector(window.start(tap)),
        pass.integerVector(window.end(tap)),
        pass.integerVector(window.spatialAxes()),
        pass.integerVector(steps));
  }
}
