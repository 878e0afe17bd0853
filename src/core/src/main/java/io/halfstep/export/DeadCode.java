package io.halfstep.export;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Nodes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Removes nodes and initializers that no output of the graph needs. */
final class DeadCode {
  private DeadCode() {}

  /**
   * Returns the graph without them, and without the documentation that exporters leave on nodes.
   * Initializers that are also inputs, as in old models, become constants.
   */
  static GraphProto remove(GraphProto graph) {
    Set<String> used = new HashSet<>();
    graph.getOutputList().forEach(output -> used.add(output.getName()));
    Deque<NodeProto> alive = new ArrayDeque<>();
    List<NodeProto> nodes = graph.getNodeList();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      NodeProto node = nodes.get(i);
      if (node.getOutputList().stream().anyMatch(used::contains)) {
        collectReads(node, used);
        alive.addFirst(node.toBuilder().clearDocString().clearMetadataProps().build());
      }
    }
    Set<String> constants = new HashSet<>();
    graph.getInitializerList().forEach(c -> constants.add(c.getName()));
    GraphProto.Builder kept =
        graph.toBuilder()
            .clearDocString()
            .clearNode()
            .addAllNode(alive)
            .clearInitializer()
            .clearSparseInitializer()
            .clearInput()
            .clearValueInfo()
            .clearQuantizationAnnotation();
    graph.getInitializerList().stream()
        .filter(c -> used.contains(c.getName()))
        .map(c -> c.toBuilder().clearDocString().build())
        .forEach(kept::addInitializer);
    graph.getSparseInitializerList().stream()
        .filter(c -> used.contains(c.getValues().getName()))
        .forEach(kept::addSparseInitializer);
    graph.getInputList().stream()
        .filter(input -> !constants.contains(input.getName()))
        .forEach(kept::addInput);
    graph.getValueInfoList().stream()
        .filter(info -> used.contains(info.getName()) && !constants.contains(info.getName()))
        .forEach(kept::addValueInfo);
    return kept.build();
  }

  /** The tensors that a node reads, including outer tensors read by its bodies. */
  private static void collectReads(NodeProto node, Set<String> used) {
    for (String input : node.getInputList()) {
      if (!input.isEmpty()) {
        used.add(input);
      }
    }
    Nodes.bodies(node)
        .forEach(
            body -> {
              body.getOutputList().forEach(output -> used.add(output.getName()));
              body.getNodeList().forEach(inner -> collectReads(inner, used));
            });
  }
}
