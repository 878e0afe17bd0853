package io.halfstep.branch;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
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
    GraphProto apply(GraphProto graph, int at);
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
        proto.toBuilder()
            .setGraph(move(proto.getGraph(), (g, at) -> hoisted(g, at, taken)))
            .build(),
        model.batchNorms());
  }

  /**
   * Returns a graph with the same function whose branches are inside again, as are the constants
   * that only one branch reads.
   *
   * @param graph in topological order, without unused nodes and constants
   */
  public static GraphProto inside(GraphProto graph, Map<String, Boolean> taken) {
    return move(graph, (g, at) -> sunk(g, at, taken));
  }

  private static GraphProto hoisted(GraphProto graph, int at, Map<String, Boolean> taken) {
    Boolean condition = taken.get(graph.getNode(at).getOutput(0));
    return condition == null ? graph : HoistedBranch.of(graph, at, condition);
  }

  private static GraphProto sunk(GraphProto graph, int at, Map<String, Boolean> taken) {
    Boolean condition = taken.get(graph.getNode(at).getOutput(0));
    int after = graph.getNodeCount() - at;
    GraphProto sunk = condition == null ? graph : SunkBranch.of(graph, at, condition);
    for (boolean branch : new boolean[] {true, false}) {
      sunk = SunkBranch.ofConstants(sunk, sunk.getNodeCount() - after, branch);
    }
    return sunk;
  }

  private static GraphProto move(GraphProto graph, Move move) {
    GraphProto moved = graph;
    // A branch that has been within another one is before it: it moves first.
    for (int i = 0; i < moved.getNodeCount(); i++) {
      if (Nodes.is(moved.getNode(i), "If")) {
        int nodes = moved.getNodeCount();
        moved = move.apply(moved, i);
        i += moved.getNodeCount() - nodes;
      }
    }
    return moved;
  }
}
