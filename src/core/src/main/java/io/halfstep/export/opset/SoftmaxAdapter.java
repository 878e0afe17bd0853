package io.halfstep.export.opset;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Onnx;
import java.util.List;
import java.util.OptionalInt;

/**
 * Softmax, LogSoftmax and Hardmax before version 13 flatten their input to a matrix at {@code axis}
 * (by default 1) and normalize its rows; since version 13 they work along this axis only.
 */
final class SoftmaxAdapter {
  private SoftmaxAdapter() {}

  static NodeProto alongOneAxis(NodeProto node, OpsetScope scope) {
    long axis = Onnx.integer(node, "axis", 1);
    String x = node.getInput(0);
    OptionalInt rank = scope.rank(x).isPresent() ? scope.rank(x) : scope.rank(node.getOutput(0));
    NodeProto last = Onnx.with(node, Onnx.attribute("axis", -1));
    if (axis == -1 || (rank.isPresent() && axis == rank.getAsInt() - 1)) {
      return last;
    }
    String base = node.getOutput(0);
    String shape = scope.add(base + "_shape", Onnx.node("Shape", List.of(x), List.of()));
    String matrix =
        scope.add(
            base + "_rows",
            Onnx.node("Flatten", List.of(x), List.of(), Onnx.attribute("axis", axis)));
    String rows = scope.add(base + "_normalized", last.toBuilder().setInput(0, matrix).build());
    return Onnx.node("Reshape", List.of(rows, shape), List.of(base));
  }
}
