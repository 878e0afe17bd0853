package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Attributes;
import java.util.Map;

/** Softmax and its logarithm along an axis. */
final class SoftmaxGradients {
  private SoftmaxGradients() {}

  static void all(Map<String, OperatorGradient> gradients) {
    gradients.put("Softmax", SoftmaxGradients::softmax);
    gradients.put("LogSoftmax", SoftmaxGradients::logSoftmax);
  }

  /** {@code ∂x = y·(∂y − Σ ∂y·y)} */
  private static void softmax(NodeProto node, BackwardPass pass) {
    String y = node.getOutput(0);
    pass.give(
        node.getInput(0),
        () -> {
          String g = pass.gradient(y);
          String sum = pass.sum(pass.mul(g, y), axis(node, pass));
          return pass.mul(y, pass.add("Sub", g, sum));
        });
  }

  /** {@code ∂x = ∂y − exp(y)·Σ ∂y} */
  private static void logSoftmax(NodeProto node, BackwardPass pass) {
    String y = node.getOutput(0);
    pass.give(
        node.getInput(0),
        () -> {
          String g = pass.gradient(y);
          String sum = pass.sum(g, axis(node, pass));
          return pass.add("Sub", g, pass.mul(pass.add("Exp", y), sum));
        });
  }

  private static long axis(NodeProto node, BackwardPass pass) {
    int rank = pass.shape(node.getOutput(0)).length;
    return Math.floorMod(Attributes.of(node).integer("axis", -1), rank);
  }
}
