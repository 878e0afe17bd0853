package io.halfstep.branch;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import java.util.Map;

/**
 * The branches of {@code If} nodes that calibration takes: moved to the graph around them, their
 * layers are quantized like all others; afterwards they are moved back. A node is identified by its
 * first output.
 */
public final class TakenBranches {
  @FunctionalInterface
  private interface Move {
    GraphProto apply(GraphProto graph, int at, boolean condition);
  }

  private TakenBranches() {}

  /**
   * Returns a model with the same function whose branches are outside.
   *
   * @param taken the conditions of the nodes
   */
  public static Model outside(Model model, Map<String, Boolean> taken) {
    ModelProto proto = model.proto();
    return model.changed(
        proto.toBuilder().setGraph(move(proto.getGraph(), taken, HoistedBranch::of)).build(),
        model.batchNorms());
  }

  /**
   * Returns a graph with the same function whose branches are inside again.
   *
   * @param graph in topological order, without unused nodes and constants
   */
  public static GraphProto inside(GraphProto graph, Map<String, Boolean> taken) {
    return move(graph, taken, SunkBranch::of);
  }

  private static GraphProto move(GraphProto graph, Map<String, Boolean> taken, Move move) {
    GraphProto moved = graph;
    // A branch that has been within another one is before it: it moves first.
    for (int i = 0; i < moved.getNodeCount(); i++) {
      NodeProto node = moved.getNode(i);
      Boolean condition = Nodes.is(node, "If") ? taken.get(node.getOutput(0)) : null;
      if (condition != null) {
        int nodes = moved.getNodeCount();
        moved = move.apply(moved, i, condition);
        i += moved.getNodeCount() - nodes;
      }
    }
    return moved;
  }
}
