package io.halfstep.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Moves the nodes and constants of an {@code If}'s branch to the graph around it. */
final class InlinedBranch {
  private final GraphDraft draft;
  private final Map<String, String> names = new HashMap<>();
  private final List<NodeProto> nodes = new ArrayList<>();

  private InlinedBranch(GraphDraft draft) {
    this.draft = draft;
  }

  /** Returns the nodes that make the outputs of {@code node}, in topological order. */
  static List<NodeProto> of(GraphDraft draft, NodeProto node, GraphProto branch) {
    InlinedBranch inlined = new InlinedBranch(draft);
    inlined.inline(node, branch);
    return inlined.nodes;
  }

  private void inline(NodeProto node, GraphProto branch) {
    for (TensorProto constant : branch.getInitializerList()) {
      names.put(constant.getName(), draft.add(constant.getName(), constant));
    }
    for (SparseTensorProto constant : branch.getSparseInitializerList()) {
      String name = constant.getValues().getName();
      names.put(name, draft.add(name, SparseTensors.dense(constant)));
    }
    // A result that is made in the branch gets its name outside, so that no Identity is needed.
    Map<String, String> results = new HashMap<>();
    for (int i = 0; i < node.getOutputCount(); i++) {
      results.putIfAbsent(branch.getOutput(i).getName(), node.getOutput(i));
    }
    for (NodeProto inner : branch.getNodeList()) {
      for (String made : Nodes.makes(inner)) {
        String result = results.getOrDefault(made, "");
        names.put(made, result.isEmpty() ? draft.unique(made) : result);
      }
    }
    branch.getNodeList().forEach(inner -> nodes.add(renamed(inner, names)));
    for (int i = 0; i < node.getOutputCount(); i++) {
      String inside = branch.getOutput(i).getName();
      String result = names.getOrDefault(inside, inside);
      if (!result.equals(node.getOutput(i)) && !node.getOutput(i).isEmpty()) {
        nodes.add(Onnx.node("Identity", List.of(result), List.of(node.getOutput(i))));
      }
    }
  }

  private static NodeProto renamed(NodeProto node, Map<String, String> names) {
    NodeProto.Builder renamed = node.toBuilder();
    for (int i = 0; i < node.getInputCount(); i++) {
      renamed.setInput(i, names.getOrDefault(node.getInput(i), node.getInput(i)));
    }
    for (int i = 0; i < node.getOutputCount(); i++) {
      renamed.setOutput(i, names.getOrDefault(node.getOutput(i), node.getOutput(i)));
    }
    for (AttributeProto.Builder attribute : renamed.getAttributeBuilderList()) {
      if (attribute.hasG()) {
        attribute.setG(renamed(attribute.getG(), names));
      }
      for (int i = 0; i < attribute.getGraphsCount(); i++) {
        attribute.setGraphs(i, renamed(attribute.getGraphs(i), names));
      }
    }
    return renamed.build();
  }

  /** Renames what a body captures; its own tensors keep their names. */
  private static GraphProto renamed(GraphProto body, Map<String, String> names) {
    Map<String, String> captured = new HashMap<>(names);
    captured.keySet().removeAll(Nodes.defines(body));
    GraphProto.Builder renamed = body.toBuilder();
    for (int i = 0; i < body.getNodeCount(); i++) {
      renamed.setNode(i, renamed(body.getNode(i), captured));
    }
    for (int i = 0; i < body.getOutputCount(); i++) {
      String name = body.getOutput(i).getName();
      renamed.getOutputBuilder(i).setName(captured.getOrDefault(name, name));
    }
    return renamed.build();
  }
}
