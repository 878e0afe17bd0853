package io.halfstep.model;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram.Port;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns a MatMul's weight {@code [1, …, 1, K, N]} into {@code [K, N]}: ONNX Runtime's integer
 * kernels support no other shape. If the output's rank came from the weight's leading ones, an
 * Expand restores it. If the rank of the MatMul's input is unknown, its weight is unchanged.
 */
final class MatMulWeights {
  private static final int OPSET_OF_EXPAND = 8;

  private MatMulWeights() {}

  static void flatten(GraphDraft draft) {
    Set<String> inputs = new LinkedHashSet<>();
    for (NodeProto node : draft.nodes()) {
      if (weight(draft, node) != null) {
        inputs.add(node.getInput(0));
      }
    }
    if (inputs.isEmpty()) {
      return;
    }
    Map<String, Port> ports = TensorTypes.infer(draft.model(), inputs);
    List<NodeProto> nodes = new ArrayList<>();
    for (NodeProto node : draft.nodes()) {
      Tensor weight = weight(draft, node);
      Port input = weight == null ? null : ports.get(node.getInput(0));
      int rank = input == null ? 0 : input.shape().size();
      if (weight == null || rank < 2) {
        nodes.add(node);
      } else if (rank >= weight.rank()) {
        nodes.add(withMatrix(draft, node, weight));
      } else if (draft.source().opset() >= OPSET_OF_EXPAND) {
        addExpanded(draft, withMatrix(draft, node, weight), weight.rank(), nodes);
      } else {
        nodes.add(node);
      }
    }
    draft.replaceNodes(nodes);
  }

  /** Returns the weight of a MatMul with leading ones; null for any other node. */
  private static @Nullable Tensor weight(GraphDraft draft, NodeProto node) {
    Tensor weight = Nodes.is(node, "MatMul") ? draft.floats(node.getInput(1)) : null;
    if (weight == null || weight.rank() < 3) {
      return null;
    }
    boolean ones = Arrays.stream(weight.shape(), 0, weight.rank() - 2).allMatch(dim -> dim == 1);
    return ones ? weight : null;
  }

  private static NodeProto withMatrix(GraphDraft draft, NodeProto node, Tensor weight) {
    Tensor matrix = Tensor.of(weight.floats(), weight.dim(-2), weight.dim(-1));
    String name = node.getInput(1);
    return node.toBuilder().setInput(1, draft.add(name, TensorProtos.encode(name, matrix))).build();
  }

  private static void addExpanded(
      GraphDraft draft, NodeProto node, int rank, List<NodeProto> nodes) {
    String output = node.getOutput(0);
    String flat = draft.unique(output + "_matrix");
    long[] ones = new long[rank];
    Arrays.fill(ones, 1);
    String shape = output + "_shape";
    TensorProto constant = TensorProtos.encode(shape, Tensor.of(ElementType.INT64, ones, rank));
    nodes.add(node.toBuilder().setOutput(0, flat).build());
    nodes.add(Onnx.node("Expand", List.of(flat, draft.add(shape, constant)), List.of(output)));
  }
}
