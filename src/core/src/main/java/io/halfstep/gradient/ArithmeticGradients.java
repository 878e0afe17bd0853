package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Map;

/** Elementwise functions of one or more tensors, with broadcasting. */
final class ArithmeticGradients {
  private ArithmeticGradients() {}

  static void all(Map<String, OperatorGradient> gradients) {
    gradients.put("Add", ArithmeticGradients::sum);
    gradients.put("Sum", ArithmeticGradients::sum);
    gradients.put("Sub", ArithmeticGradients::sub);
    gradients.put("Mul", ArithmeticGradients::mul);
    gradients.put("Div", ArithmeticGradients::div);
    gradients.put("Pow", ArithmeticGradients::pow);
    gradients.put("Max", ArithmeticGradients::extreme);
    gradients.put("Min", ArithmeticGradients::extreme);
    gradients.put("Where", ArithmeticGradients::where);
    gradients.put("PRelu", ArithmeticGradients::prelu);
  }

  private static void sum(NodeProto node, BackwardPass pass) {
    String g = pass.gradient(node.getOutput(0));
    long[] shape = pass.shape(node.getOutput(0));
    node.getInputList().forEach(input -> pass.giveBroadcast(input, shape, () -> g));
  }

  private static void sub(NodeProto node, BackwardPass pass) {
    String g = pass.gradient(node.getOutput(0));
    long[] shape = pass.shape(node.getOutput(0));
    pass.giveBroadcast(node.getInput(0), shape, () -> g);
    pass.giveBroadcast(node.getInput(1), shape, () -> pass.add("Neg", g));
  }

  private static void mul(NodeProto node, BackwardPass pass) {
    String g = pass.gradient(node.getOutput(0));
    long[] shape = pass.shape(node.getOutput(0));
    String a = node.getInput(0);
    String b = node.getInput(1);
    pass.giveBroadcast(a, shape, () -> pass.mul(g, b));
    pass.giveBroadcast(b, shape, () -> pass.mul(g, a));
  }

  /** {@code y = a/b}: {@code ∂y/∂a = 1/b, ∂y/∂b = −y/b}. */
  private static void div(NodeProto node, BackwardPass pass) {
    String y = node.getOutput(0);
    String b = node.getInput(1);
    String quotient = pass.add("Div", pass.gradient(y), b);
    pass.giveBroadcast(node.getInput(0), pass.shape(y), () -> quotient);
    pass.giveBroadcast(b, pass.shape(y), () -> pass.add("Neg", pass.mul(quotient, y)));
  }

  /** {@code y = a^b}: {@code ∂y/∂a = b·a^(b−1), ∂y/∂b = y·ln a}. */
  private static void pow(NodeProto node, BackwardPass pass) {
    String y = node.getOutput(0);
    String g = pass.gradient(y);
    String a = node.getInput(0);
    String b = node.getInput(1);
    pass.giveBroadcast(
        a,
        pass.shape(y),
        () -> pass.mul(pass.mul(g, b), pass.add("Pow", a, pass.add("Sub", b, pass.scalar(1)))));
    pass.giveBroadcast(b, pass.shape(y), () -> pass.mul(pass.mul(g, y), pass.add("Log", a)));
  }

  /** The gradient of a maximum or minimum goes to the inputs that equal it. */
  private static void extreme(NodeProto node, BackwardPass pass) {
    String y = node.getOutput(0);
    String g = pass.gradient(y);
    for (String input : node.getInputList()) {
      pass.giveBroadcast(input, pass.shape(y), () -> pass.where(pass.add("Equal", input, y), g));
    }
  }

  private static void where(NodeProto node, BackwardPass pass) {
    String g = pass.gradient(node.getOutput(0));
    long[] shape = pass.shape(node.getOutput(0));
    String condition = node.getInput(0);
    pass.giveBroadcast(node.getInput(1), shape, () -> pass.where(condition, g));
    pass.giveBroadcast(node.getInput(2), shape, () -> pass.where(pass.add("Not", condition), g));
  }

  /** {@code slope·x} for {@code x ≤ 0}. */
  private static void prelu(NodeProto node, BackwardPass pass) {
    String x = node.getInput(0);
    String slope = node.getInput(1);
    String g = pass.gradient(node.getOutput(0));
    pass.give(x, () -> ActivationGradients.bySign(x, g, pass.mul(g, slope), pass));
    pass.giveBroadcast(
        slope,
        pass.shape(x),
        () -> ActivationGradients.bySign(x, pass.scalar(0), pass.mul(g, x), pass));
  }
}
