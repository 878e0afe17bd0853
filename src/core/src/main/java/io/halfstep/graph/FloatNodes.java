package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.LayerOperators;
import io.halfstep.model.Nodes;
import io.halfstep.tensor.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Nodes with weights that are not layers, although a user might expect them among the layers. */
final class FloatNodes {
  private static final Set<String> WEIGHTED =
      Set.of(
          "LSTM",
          "GRU",
          "RNN",
          "Einsum",
          "DeformConv",
          "Gather",
          "FusedConv",
          "FusedGemm",
          "FusedMatMul",
          "Attention");

  private final Map<String, TensorProto> initializers;
  private final List<FunctionProto> functions;

  FloatNodes(Map<String, TensorProto> initializers, List<FunctionProto> functions) {
    this.initializers = initializers;
    this.functions = functions;
  }

  /** Describes a node whose operator is not quantized. */
  List<FloatNode> of(NodeProto node) {
    List<FloatNode> found = new ArrayList<>();
    if (WEIGHTED.contains(node.getOpType())
        && node.getInputList().stream().anyMatch(this::isWeight)) {
      found.add(
          new FloatNode(
              Nodes.name(node),
              node.getOpType(),
              node.getOpType() + " is not one of the operators that are quantized"));
    }
    inBodies(node, found);
    for (FunctionProto function : functions) {
      if (function.getDomain().equals(node.getDomain())
          && function.getName().equals(node.getOpType())) {
        for (NodeProto inner : function.getNodeList()) {
          inner(inner, "it is inside the function " + function.getName(), found);
        }
      }
    }
    return found;
  }

  private boolean isWeight(String name) {
    TensorProto tensor = initializers.get(name);
    return tensor != null
        && tensor.getDataType() == ElementType.FLOAT.onnx()
        && tensor.getDimsCount() > 1;
  }

  private static void inBodies(NodeProto node, List<FloatNode> found) {
    for (GraphProto body : Nodes.bodies(node)) {
      for (NodeProto inner : body.getNodeList()) {
        inner(inner, "it is inside " + node.getOpType() + " '" + Nodes.name(node) + "'", found);
      }
    }
  }

  private static void inner(NodeProto node, String reason, List<FloatNode> found) {
    if (LayerOperators.of(node) != null) {
      found.add(new FloatNode(Nodes.name(node), node.getOpType(), reason));
    }
    inBodies(node, found);
  }
}
