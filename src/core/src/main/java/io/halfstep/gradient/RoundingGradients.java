package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Map;

/**
 * Rounding and clipping. Rounding is straight-through; so a quantizer written as {@code
 * (Clip(Round(x/s) + z) − z)·s} has the gradients of LSQ (Esser et al. 2020, eq. 3): {@code (x̂ −
 * x)/s} inside the grid, its ends outside.
 */
final class RoundingGradients {
  private RoundingGradients() {}

  static void all(Map<String, OperatorGradient> gradients) {
    gradients.put("Round", RoundingGradients::straightThrough);
    gradients.put("Floor", RoundingGradients::constant);
    gradients.put("Ceil", RoundingGradients::constant);
    gradients.put("Sign", RoundingGradients::constant);
    gradients.put("Clip", RoundingGradients::clip);
  }

  private static void straightThrough(NodeProto node, BackwardPass pass) {
    pass.give(node.getInput(0), () -> pass.gradient(node.getOutput(0)));
  }

  /** A step function: its derivative is 0. */
  private static void constant(NodeProto node, BackwardPass pass) {}

  /** Of the limits, each has the gradient of what it clips (PACT, Choi et al. 2018, eq. 3). */
  private static void clip(NodeProto node, BackwardPass pass) {
    String x = node.getInput(0);
    String y = node.getOutput(0);
    String g = pass.gradient(y);
    pass.give(x, () -> pass.where(pass.add("Equal", x, y), g));
    String[] beyond = {"", "Less", "Greater"};
    for (int i = 1; i < node.getInputCount(); i++) {
      String limit = node.getInput(i);
      String comparison = beyond[i];
      if (!limit.isEmpty()) {
        pass.giveBroadcast(
            limit, pass.shape(y), () -> pass.where(pass.add(comparison, x, limit), g));
      }
    }
  }
}
