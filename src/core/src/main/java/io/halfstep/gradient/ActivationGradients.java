package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Attributes;
import java.util.Map;

/** Elementwise functions of one tensor. */
final class ActivationGradients {
  private static final double SQRT_2_PI = Math.sqrt(2 * Math.PI);

  /** ONNX's constants of Gelu with {@code approximate = "tanh"}. */
  private static final double TANH_SCALE = Math.sqrt(2 / Math.PI);

  private static final double TANH_CUBIC = 0.044715;

  private ActivationGradients() {}

  /** Multiplies a gradient by a function's derivative. */
  @FunctionalInterface
  private interface Derivative {
    String times(String gradient, String x, String y, BackwardPass pass);
  }

  static void all(Map<String, OperatorGradient> gradients) {
    put(gradients, "Identity", (g, x, y, pass) -> g);
    put(gradients, "Neg", (g, x, y, pass) -> pass.add("Neg", g));
    put(gradients, "Abs", (g, x, y, pass) -> pass.mul(g, pass.add("Sign", x)));
    put(gradients, "Exp", (g, x, y, pass) -> pass.mul(g, y));
    put(gradients, "Log", (g, x, y, pass) -> pass.add("Div", g, x));
    put(gradients, "Sqrt", (g, x, y, pass) -> pass.add("Div", pass.mul(g, 0.5), y));
    put(gradients, "Reciprocal", (g, x, y, pass) -> pass.mul(pass.mul(g, -1), pass.mul(y, y)));
    put(gradients, "Relu", (g, x, y, pass) -> pass.mul(g, pass.add("Sign", y)));
    put(gradients, "Sigmoid", (g, x, y, pass) -> pass.mul(g, logistic(y, pass)));
    put(gradients, "Tanh", (g, x, y, pass) -> pass.mul(g, oneMinusSquare(y, pass)));
    put(gradients, "Softplus", (g, x, y, pass) -> pass.mul(g, pass.add("Sigmoid", x)));
    put(gradients, "Erf", (g, x, y, pass) -> pass.mul(g, bell(x, 1, 2 / Math.sqrt(Math.PI), pass)));
    put(gradients, "Sin", (g, x, y, pass) -> pass.mul(g, pass.add("Cos", x)));
    put(gradients, "Cos", (g, x, y, pass) -> pass.mul(pass.mul(g, -1), pass.add("Sin", x)));
    put(gradients, "Softsign", ActivationGradients::softsign);
    put(gradients, "Mish", ActivationGradients::mish);
    put(gradients, "HardSwish", ActivationGradients::hardSwish);
    gradients.put("LeakyRelu", ActivationGradients::leakyRelu);
    gradients.put("Elu", ActivationGradients::elu);
    gradients.put("Selu", ActivationGradients::selu);
    gradients.put("Celu", ActivationGradients::celu);
    gradients.put("HardSigmoid", ActivationGradients::hardSigmoid);
    gradients.put("Gelu", ActivationGradients::gelu);
  }

  private static void put(
      Map<String, OperatorGradient> gradients, String op, Derivative derivative) {
    gradients.put(op, (node, pass) -> give(node, pass, derivative));
  }

  private static void give(NodeProto node, BackwardPass pass, Derivative derivative) {
    String x = node.getInput(0);
    String y = node.getOutput(0);
    pass.give(x, () -> derivative.times(pass.gradient(y), x, y, pass));
  }

  /** {@code y(1 − y)} */
  private static String logistic(String y, BackwardPass pass) {
    return pass.mul(y, pass.add("Sub", pass.scalar(1), y));
  }

  /** {@code 1 − y²} */
  private static String oneMinusSquare(String y, BackwardPass pass) {
    return pass.add("Sub", pass.scalar(1), pass.mul(y, y));
  }

  /** {@code height · exp(−factor · x²)} */
  private static String bell(String x, double factor, double height, BackwardPass pass) {
    return pass.mul(pass.add("Exp", pass.mul(pass.mul(x, x), -factor)), height);
  }

  private static void leakyRelu(NodeProto node, BackwardPass pass) {
    float alpha = Attributes.of(node).real("alpha", 0.01f);
    give(node, pass, (g, x, y, p) -> bySign(x, g, p.mul(g, alpha), p));
  }

  /** Returns one tensor where {@code x > 0} and another elsewhere. */
  static String bySign(String x, String positive, String negative, BackwardPass pass) {
    return pass.add("Where", pass.add("Greater", x, pass.scalar(0)), positive, negative);
  }

  /** {@code y = α(exp(x) − 1)} for {@code x ≤ 0}, of which the derivative is {@code y + α}. */
  private static void elu(NodeProto node, BackwardPass pass) {
    exponential(node, Attributes.of(node).real("alpha", 1), 1, pass);
  }

  private static void selu(NodeProto node, BackwardPass pass) {
    float alpha = Attributes.of(node).real("alpha", 1.6732632f);
    float gamma = Attributes.of(node).real("gamma", 1.050701f);
    exponential(node, alpha * gamma, gamma, pass);
  }

  private static void exponential(NodeProto node, float alpha, float gamma, BackwardPass pass) {
    give(
        node,
        pass,
        (g, x, y, p) -> p.mul(g, bySign(x, p.scalar(gamma), p.add("Add", y, p.scalar(alpha)), p)));
  }

  /** {@code α(exp(x/α) − 1)} for {@code x ≤ 0}. */
  private static void celu(NodeProto node, BackwardPass pass) {
    float alpha = Attributes.of(node).real("alpha", 1);
    give(
        node,
        pass,
        (g, x, y, p) -> p.mul(g, bySign(x, p.scalar(1), p.add("Exp", p.mul(x, 1 / alpha)), p)));
  }

  /** {@code 1/(1 + |x|)²} */
  private static String softsign(String g, String x, String y, BackwardPass pass) {
    String root = pass.add("Add", pass.add("Abs", x), pass.scalar(1));
    return pass.add("Div", g, pass.mul(root, root));
  }

  /** {@code y = x·t, t = tanh(softplus(x))}: {@code t + x(1 − t²)·sigmoid(x)}. */
  private static String mish(String g, String x, String y, BackwardPass pass) {
    String t = pass.add("Tanh", pass.add("Softplus", x));
    String slope = pass.mul(pass.mul(x, oneMinusSquare(t, pass)), pass.add("Sigmoid", x));
    return pass.mul(g, pass.add("Add", t, slope));
  }

  private static void hardSigmoid(NodeProto node, BackwardPass pass) {
    float alpha = Attributes.of(node).real("alpha", 0.2f);
    give(node, pass, (g, x, y, p) -> p.where(between(y, 0, 1, p), p.mul(g, alpha)));
  }

  private static String between(String x, double low, double high, BackwardPass pass) {
    return pass.add(
        "And", pass.add("Greater", x, pass.scalar(low)), pass.add("Less", x, pass.scalar(high)));
  }

  /** 0 up to −3, 1 from 3 on, {@code x/3 + 1/2} between. */
  private static String hardSwish(String g, String x, String y, BackwardPass pass) {
    String line = pass.add("Add", pass.mul(x, 1 / 3.0), pass.scalar(0.5));
    String outside = bySign(x, pass.scalar(1), pass.scalar(0), pass);
    return pass.mul(g, pass.add("Where", between(x, -3, 3, pass), line, outside));
  }

  /**
   * {@code x·Φ(x)}: {@code Φ(x) + x·φ(x)}; with tanh, {@code y = x(1 + t)/2, t = tanh(c(x + dx³))}:
   * {@code (1 + t)/2 + x(1 − t²)c(1 + 3dx²)/2}.
   */
  private static void gelu(NodeProto node, BackwardPass pass) {
    boolean tanh = Attributes.of(node).text("approximate", "none").equals("tanh");
    give(node, pass, (g, x, y, p) -> p.mul(g, tanh ? tanhGelu(x, p) : exactGelu(x, p)));
  }

  private static String exactGelu(String x, BackwardPass pass) {
    String erf = pass.add("Erf", pass.mul(x, Math.sqrt(0.5)));
    String cumulative = pass.mul(pass.add("Add", erf, pass.scalar(1)), 0.5);
    return pass.add("Add", cumulative, pass.mul(x, bell(x, 0.5, 1 / SQRT_2_PI, pass)));
  }

  private static String tanhGelu(String x, BackwardPass pass) {
    String square = pass.mul(x, x);
    String cubic = pass.add("Add", pass.mul(square, TANH_CUBIC), pass.scalar(1));
    String t = pass.add("Tanh", pass.mul(pass.mul(x, cubic), TANH_SCALE));
    String slope = pass.add("Add", pass.mul(square, 3 * TANH_CUBIC), pass.scalar(1));
    String inner = pass.mul(pass.mul(x, slope), TANH_SCALE / 2);
    return pass.add(
        "Add",
        pass.mul(pass.add("Add", t, pass.scalar(1)), 0.5),
        pass.mul(oneMinusSquare(t, pass), inner));
  }
}
