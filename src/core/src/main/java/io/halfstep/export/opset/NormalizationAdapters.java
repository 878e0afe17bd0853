package io.halfstep.export.opset;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.export.opset.OpsetAdapter.NoAdapterException;
import io.halfstep.model.Onnx;
import java.util.List;

/** BatchNormalization, GroupNormalization and Dropout. */
final class NormalizationAdapters {
  private NormalizationAdapters() {}

  /** 9: only one mean and variance per channel is allowed. */
  static NodeProto perChannel(NodeProto node, OpsetScope scope) {
    if (Onnx.integer(node, "spatial", 1) == 0) {
      throw new NoAdapterException("spatial=0 (statistics per position) ended with version 9");
    }
    return Onnx.without(node, "spatial");
  }

  /** 14: the saved and running statistics of training changed; inference has only one output. */
  static NodeProto inference(NodeProto node, OpsetScope scope) {
    for (int i = 1; i < node.getOutputCount(); i++) {
      if (!node.getOutput(i).isEmpty()) {
        throw new NoAdapterException("outputs of training changed with version 14");
      }
    }
    return node.toBuilder().clearOutput().addOutput(node.getOutput(0)).build();
  }

  /** 10: the mask's element type became bool. */
  static NodeProto withoutMask(NodeProto node, OpsetScope scope) {
    if (node.getOutputCount() > 1
        && !node.getOutput(1).isEmpty()
        && scope.reads(node.getOutput(1))) {
      throw new NoAdapterException("its mask became bool with version 10");
    }
    return node.toBuilder().clearOutput().addOutput(node.getOutput(0)).build();
  }

  /** 21: scale and bias are no longer per group but per channel. */
  static NodeProto scalePerChannel(NodeProto node, OpsetScope scope) {
    String base = node.getOutput(0);
    String x = node.getInput(0);
    long groups = Onnx.integer(node, "num_groups", 1);
    String channels =
        scope.add(
            base + "_channels",
            Onnx.node(
                "Shape",
                List.of(x),
                List.of(),
                Onnx.attribute("start", 1),
                Onnx.attribute("end", 2)));
    String group = scope.vector(base + "_groups", groups);
    String perGroup =
        scope.add(base + "_group_channels", Onnx.node("Div", List.of(channels, group), List.of()));
    String repeated =
        scope.add(
            base + "_group_shape",
            Onnx.node("Concat", List.of(group, perGroup), List.of(), Onnx.attribute("axis", 0)));
    return node.toBuilder()
        .setInput(1, repeat(node.getInput(1), repeated, scope))
        .setInput(2, repeat(node.getInput(2), repeated, scope))
        .build();
  }

  /** Repeats each of a vector's elements: {@code [groups]} to {@code [channels]}. */
  private static String repeat(String vector, String shape, OpsetScope scope) {
    String axis = scope.vector(vector + "_axis", 1);
    String column = scope.add(vector, Onnx.node("Unsqueeze", List.of(vector, axis), List.of()));
    String matrix = scope.add(vector, Onnx.node("Expand", List.of(column, shape), List.of()));
    String flat = scope.vector(vector + "_flat", -1);
    return scope.add(vector, Onnx.node("Reshape", List.of(matrix, flat), List.of()));
  }
}
