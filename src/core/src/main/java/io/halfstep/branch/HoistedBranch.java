package io.halfstep.branch;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.InlinedBranch;
import io.halfstep.model.Nodes;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Moves one branch of an {@code If} in front of it:
 *
 * <pre>
 *   z = If(c) {then: t = Conv(x, w); return t}           {else: …}
 *   t = Conv(x, w); z = If(c) {then: return Identity(t)} {else: …}
 * </pre>
 *
 * <p>The graph's function stays the same for both values of the condition, if the branch can be
 * computed for both. {@link SunkBranch} is the inverse.
 */
final class HoistedBranch {
  private HoistedBranch() {}

  /**
   * Returns the graph with the branch moved.
   *
   * @param at the index of the {@code If}
   * @param condition whether it is the then-branch
   */
  static GraphProto of(GraphProto graph, int at, boolean condition) {
    NodeProto node = graph.getNode(at);
    GraphProto branch = Nodes.branch(node, condition);
    TensorNames names = new TensorNames(others(graph, at, condition));
    Set<String> nodeNames = new HashSet<>();
    graph.getNodeList().forEach(other -> nodeNames.add(other.getName()));
    InlinedBranch inlined = new InlinedBranch(branch, Map.of(), names::unique, nodeNames);
    GraphProto.Builder rest =
        branch.toBuilder()
            .clearNode()
            .clearInitializer()
            .clearSparseInitializer()
            .clearValueInfo()
            .clearQuantizationAnnotation();
    for (int i = 0; i < branch.getOutputCount(); i++) {
      String made = inlined.name(branch.getOutput(i).getName());
      String returned = names.unique(made + "_returned");
      rest.addNode(Onnx.node("Identity", List.of(made), List.of(returned)));
      rest.getOutputBuilder(i).setName(returned);
    }
    List<NodeProto> nodes = new ArrayList<>(graph.getNodeList());
    nodes.set(at, Nodes.withBranch(node, condition, rest.build()));
    nodes.addAll(at, inlined.nodes());
    return graph.toBuilder()
        .addAllInitializer(inlined.constants())
        .clearNode()
        .addAllNode(nodes)
        .build();
  }

  /** Returns the graphs whose names the branch's own tensors must not take. */
  private static List<GraphProto> others(GraphProto graph, int at, boolean condition) {
    NodeProto node = graph.getNode(at);
    GraphProto empty = GraphProto.getDefaultInstance();
    List<GraphProto> others = new ArrayList<>();
    others.add(graph.toBuilder().setNode(at, Nodes.withBranch(node, condition, empty)).build());
    Nodes.branch(node, condition)
        .getNodeList()
        .forEach(inner -> others.addAll(Nodes.bodies(inner)));
    return others;
  }
}
