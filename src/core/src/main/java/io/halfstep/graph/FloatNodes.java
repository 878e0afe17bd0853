package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.graph.Conditional.Taken;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.Constants;
import io.halfstep.model.LayerOperators;
import io.halfstep.model.Nodes;
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
  private final Map<String, Taken> taken;

  /**
   * @param taken what is known of {@code If} nodes, by their first outputs
   */
  FloatNodes(
      Map<String, TensorProto> initializers,
      List<FunctionProto> functions,
      Map<String, Taken> taken) {
    this.initializers = initializers;
    this.functions = functions;
    this.taken = taken;
  }

  /** Describes a node whose operator is not quantized. */
  List<FloatNode> of(NodeProto node) {
    List<FloatNode> found = new ArrayList<>();
    if (WEIGHTED.contains(node.getOpType())
        && node.getInputList().stream().anyMatch(name -> isWeight(initializers.get(name)))) {
      found.add(unsupported(node));
    }
    inBodies(node, initializers, null, found);
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
    return tensor != null && Constants.isFloat(tensor) && tensor.getDimsCount() > 1;
  }

  private static FloatNode unsupported(NodeProto node) {
    return new FloatNode(
        Nodes.name(node),
        node.getOpType(),
        node.getOpType() + " is not one of the operators that are quantized");
  }

  /**
   * @param outer why nothing in the body that the node is in is quantized; null if it might be
   */
  private void inBodies(
      NodeProto node,
      Map<String, TensorProto> constants,
      @Nullable String outer,
      List<FloatNode> found) {
    for (GraphProto body : Nodes.bodies(node)) {
      Map<String, TensorProto> visible = new HashMap<>(constants);
      body.getInitializerList().forEach(tensor -> visible.put(tensor.getName(), tensor));
      for (NodeProto inner : body.getNodeList()) {
        if (Nodes.is(inner, "Constant")) {
          visible.put(inner.getOutput(0), inner.getAttribute(0).getT());
        }
      }
      String why = outer == null ? why(node) : outer;
      String within = isOpen(node) ? outer : why;
      for (NodeProto inner : body.getNodeList()) {
        inner(inner, visible, why, found);
        inBodies(inner, visible, within, found);
      }
    }
  }

  private String why(NodeProto node) {
    String what = node.getOpType() + " '" + Nodes.name(node) + "'";
    if (!Nodes.is(node, "If")) {
      return "it is inside " + what;
    }
    return switch (taken(node)) {
      case UNKNOWN -> "it is in a branch of " + what + ", quantized only if all samples take it";
      case BOTH -> "it is in a branch of " + what + ", which only some of the samples take";
      case WHOLE -> "it is in a branch of " + what + ", which cannot be cut into stages";
      case THEN, ELSE -> "it is in the branch of " + what + " that calibration did not take";
    };
  }

  private boolean isOpen(NodeProto node) {
    return Conditional.isOpen(node, taken);
  }

  private Taken taken(NodeProto node) {
    return taken.getOrDefault(node.getOutput(0), Taken.UNKNOWN);
  }

  private static void inner(
      NodeProto node, Map<String, TensorProto> constants, String reason, List<FloatNode> found) {
    if (node.getInputList().stream().anyMatch(name -> isWeight(constants.get(name)))) {
      if (LayerOperators.of(node) != null) {
        found.add(new FloatNode(Nodes.name(node), node.getOpType(), reason));
      } else if (WEIGHTED.contains(node.getOpType())) {
        found.add(unsupported(node));
      }
    }
  }
}
