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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
        && node.getInputList().stream().anyMatch(name -> isWeight(initializers.get(name)))) {
      found.add(
          new FloatNode(
              Nodes.name(node),
              node.getOpType(),
              node.getOpType() + " is not one of the operators that are quantized"));
    }
    inBodies(node, initializers, found);
    for (FunctionProto function : functions) {
      if (function.getDomain().equals(node.getDomain())
          && function.getName().equals(node.getOpType())) {
        for (NodeProto inner : function.getNodeList()) {
          if (LayerOperators.of(inner) != null) {
            found.add(
                new FloatNode(
                    Nodes.name(inner),
                    inner.getOpType(),
                    "it is inside the function " + function.getName()));
          }
        }
      }
    }
    return found;
  }

  private static boolean isWeight(@Nullable TensorProto tensor) {
    return tensor != null
        && tensor.getDataType() == ElementType.FLOAT.onnx()
        && tensor.getDimsCount() > 1;
  }

  private static void inBodies(
      NodeProto node, Map<String, TensorProto> constants, List<FloatNode> found) {
    String reason = "it is inside " + node.getOpType() + " '" + Nodes.name(node) + "'";
    for (GraphProto body : Nodes.bodies(node)) {
      Map<String, TensorProto> visible = new HashMap<>(constants);
      body.getInitializerList().forEach(tensor -> visible.put(tensor.getName(), tensor));
      for (NodeProto inner : body.getNodeList()) {
        if (Nodes.is(inner, "Constant")) {
          visible.put(inner.getOutput(0), inner.getAttribute(0).getT());
        }
      }
      body.getNodeList().forEach(inner -> inner(inner, visible, reason, found));
    }
  }

  private static void inner(
      NodeProto node, Map<String, TensorProto> constants, String reason, List<FloatNode> found) {
    if ((LayerOperators.of(node) != null || WEIGHTED.contains(node.getOpType()))
        && node.getInputList().stream().anyMatch(name -> isWeight(constants.get(name)))) {
      found.add(new FloatNode(Nodes.name(node), node.getOpType(), reason));
    }
    inBodies(node, constants, found);
  }
}
