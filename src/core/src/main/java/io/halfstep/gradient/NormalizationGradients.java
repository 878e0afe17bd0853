package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Attributes;
import io.halfstep.model.Onnx;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/** Normalizations by an input's own mean and variance, and by given ones. */
final class NormalizationGradients {
  private NormalizationGradients() {}

  static void all(Map<String, OperatorGradient> gradients) {
    gradients.put("BatchNormalization", NormalizationGradients::batch);
    gradients.put("LayerNormalization", NormalizationGradients::layer);
    gradients.put("InstanceNormalization", NormalizationGradients::instance);
    gradients.put("GroupNormalization", NormalizationGradients::group);
  }

  /**
   * {@code y = x̂·scale + bias, x̂ = (x − mean)/σ, σ² = variance + ε}: {@code ∂x = ∂y·scale/σ,
   * ∂scale = Σ ∂y·x̂, ∂mean = −Σ ∂x, ∂variance = −∂scale·scale/2σ²}.
   */
  private static void batch(NodeProto node, BackwardPass pass) {
    if (Attributes.of(node).integer("training_mode", 0) != 0) {
      throw new NoGradientException(node, " in training mode");
    }
    String x = node.getInput(0);
    long[] shape = pass.shape(x);
    long[] channels = channels(shape);
    String g = pass.gradient(node.getOutput(0));
    String mean = pass.reshape(node.getInput(3), channels);
    String inverse = inverseDeviation(pass.reshape(node.getInput(4), channels), node, pass);
    String factor = pass.mul(pass.reshape(node.getInput(1), channels), inverse);
    Supplier<String> scaleGradient =
        () -> {
          String normalized = pass.mul(pass.add("Sub", x, mean), inverse);
          return pass.summed(pass.mul(g, normalized), shape, channels);
        };
    pass.give(x, () -> pass.mul(g, factor));
    giveReshaped(node.getInput(1), scaleGradient, pass);
    giveReshaped(node.getInput(2), () -> pass.summed(g, shape, channels), pass);
    giveReshaped(
        node.getInput(3),
        () -> pass.mul(pass.mul(pass.summed(g, shape, channels), factor), -1),
        pass);
    giveReshaped(
        node.getInput(4),
        () -> pass.mul(scaleGradient.get(), pass.mul(pass.mul(factor, inverse), -0.5)),
        pass);
  }

  private static void giveReshaped(String tensor, Supplier<String> gradient, BackwardPass pass) {
    pass.give(tensor, () -> pass.reshape(gradient.get(), pass.shape(tensor)));
  }

  /** {@code 1/√(variance + ε)} */
  private static String inverseDeviation(String variance, NodeProto node, BackwardPass pass) {
    float epsilon = Attributes.of(node).real("epsilon", 1e-5f);
    String deviation = pass.add("Sqrt", pass.add("Add", variance, pass.scalar(epsilon)));
    return pass.add("Reciprocal", deviation);
  }

  private static long[] channels(long[] shape) {
    long[] channels = new long[shape.length];
    Arrays.fill(channels, 1);
    channels[1] = shape[1];
    return channels;
  }

  private static void layer(NodeProto node, BackwardPass pass) {
    if (node.getOutputList().stream().skip(1).anyMatch(pass::has)) {
      throw new NoGradientException(node, " of its mean and deviation");
    }
    String scale = node.getInput(1);
    long[] shape = pass.shape(node.getInput(0));
    int axis = Math.floorMod((int) Attributes.of(node).integer("axis", -1), shape.length);
    String g = pass.gradient(node.getOutput(0));
    Normalized input =
        normalized(node, shape, LongStream.range(axis, shape.length).toArray(), pass);
    pass.give(node.getInput(0), () -> input.gradient(pass.mul(g, scale), pass));
    pass.giveBroadcast(scale, shape, () -> pass.mul(g, input.values));
    if (!Onnx.input(node, 2).isEmpty()) {
      pass.giveBroadcast(node.getInput(2), shape, () -> g);
    }
  }

  private static void instance(NodeProto node, BackwardPass pass) {
    long[] shape = pass.shape(node.getInput(0));
    perChannel(node, shape, LongStream.range(2, shape.length).toArray(), pass);
  }

  private static void group(NodeProto node, BackwardPass pass) {
    long[] shape = pass.shape(node.getInput(0));
    if (pass.shape(node.getInput(1))[0] != shape[1]) {
      throw new NoGradientException(node, " with a scale per group");
    }
    long groups = Attributes.of(node).integer("num_groups", 1);
    long size = Tensor.elements(shape) / (shape[0] * groups);
    perChannel(node, new long[] {shape[0], groups, size}, new long[] {2}, pass);
  }

  /**
   * @param view the shape of the input in which each mean is over {@code axes}
   */
  private static void perChannel(NodeProto node, long[] view, long[] axes, BackwardPass pass) {
    String x = node.getInput(0);
    long[] shape = pass.shape(x);
    String g = pass.gradient(node.getOutput(0));
    String scale = pass.reshape(node.getInput(1), channels(shape));
    Normalized input = normalized(node, view, axes, pass);
    pass.give(
        x, () -> pass.reshape(input.gradient(pass.reshape(pass.mul(g, scale), view), pass), shape));
    String values = pass.reshape(input.values, shape);
    long[] channels = channels(shape);
    giveReshaped(node.getInput(1), () -> pass.summed(pass.mul(g, values), shape, channels), pass);
    giveReshaped(node.getInput(2), () -> pass.summed(g, shape, channels), pass);
  }

  /**
   * {@code x̂ = (x − mean)/σ}
   *
   * @param values x̂
   * @param inverse 1/σ
   */
  private record Normalized(String values, String inverse, Mean mean) {
    /** {@code ∂x = (∂x̂ − mean(∂x̂) − x̂·mean(∂x̂·x̂))/σ} */
    String gradient(String g, BackwardPass pass) {
      String along = pass.mul(values, mean.of(pass.mul(g, values), pass));
      String centered = pass.add("Sub", g, mean.of(g, pass));
      return pass.mul(pass.add("Sub", centered, along), inverse);
    }
  }

  private record Mean(long[] axes, long terms) {
    String of(String tensor, BackwardPass pass) {
      return pass.mul(pass.sum(tensor, axes), 1.0 / terms);
    }
  }

  private static Normalized normalized(
      NodeProto node, long[] view, long[] axes, BackwardPass pass) {
    long terms = Arrays.stream(axes).map(axis -> view[(int) axis]).reduce(1, (a, b) -> a * b);
    Mean mean = new Mean(axes, terms);
    String x = pass.reshape(node.getInput(0), view);
    String centered = pass.add("Sub", x, mean.of(x, pass));
    String variance = mean.of(pass.mul(centered, centered), pass);
    String inverse = inverseDeviation(variance, node, pass);
    return new Normalized(pass.mul(centered, inverse), inverse, mean);
  }
}
