package io.halfstep.branch;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.model.Nodes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Moves the nodes and constants that nothing but one branch of an {@code If} needs into this
 * branch, so that they are computed only where it is taken. The inverse of {@link HoistedBranch}.
 */
final class SunkBranch {
  private SunkBranch() {}

  /**
   * Returns the graph with the nodes moved.
   *
   * @param graph in topological order, without unused nodes and constants
   * @param at the index of the {@code If}
   * @param condition whether it is the then-branch
   */
  static GraphProto of(GraphProto graph, int at, boolean condition) {
    return of(graph, at, condition, node -> true);
  }

  /** Returns the graph with constants moved, and with the nodes that read nothing else. */
  static GraphProto ofConstants(GraphProto graph, int at, boolean condition) {
    Set<String> constants = new HashSet<>();
    graph.getInitializerList().forEach(constant -> constants.add(constant.getName()));
    for (NodeProto node : graph.getNodeList()) {
      if (Nodes.isDeterministic(node) && constants.containsAll(Nodes.reads(node))) {
        constants.addAll(Nodes.makes(node));
      }
    }
    return of(graph, at, condition, node -> constants.containsAll(Nodes.makes(node)));
  }

  private static GraphProto of(
      GraphProto graph, int at, boolean condition, Predicate<NodeProto> movable) {
    NodeProto node = graph.getNode(at);
    GraphProto branch = Nodes.branch(node, condition);
    Set<String> elsewhere = new HashSet<>();
    graph.getOutputList().forEach(output -> elsewhere.add(output.getName()));
    elsewhere.addAll(
        Nodes.reads(Nodes.withBranch(node, condition, GraphProto.getDefaultInstance())));
    List<NodeProto> after = graph.getNodeList().subList(at + 1, graph.getNodeCount());
    after.forEach(other -> elsewhere.addAll(Nodes.reads(other)));
    Deque<NodeProto> before = new ArrayDeque<>();
    Deque<NodeProto> moved = new ArrayDeque<>(branch.getNodeList());
    Set<String> made = new HashSet<>();
    for (int i = at - 1; i >= 0; i--) {
      NodeProto other = graph.getNode(i);
      if (!movable.test(other) || Nodes.makes(other).stream().anyMatch(elsewhere::contains)) {
        before.addFirst(other);
        elsewhere.addAll(Nodes.reads(other));
      } else {
        moved.addFirst(other);
        made.addAll(Nodes.makes(other));
      }
    }
    GraphProto.Builder inside = branch.toBuilder().clearNode().addAllNode(moved);
    GraphProto.Builder outside = graph.toBuilder().clearNode().clearInitializer().clearValueInfo();
    for (TensorProto constant : graph.getInitializerList()) {
      (elsewhere.contains(constant.getName()) ? outside : inside).addInitializer(constant);
    }
    for (ValueInfoProto value : graph.getValueInfoList()) {
      (made.contains(value.getName()) ? inside : outside).addValueInfo(value);
    }
    return outside
        .addAllNode(before)
        .addNode(Nodes.withBranch(node, condition, inside.build()))
        .addAllNode(after)
        .build();
  }
}
