package io.halfstep.export.opset;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.export.opset.OpsetAdapter.NoAdapterException;
import io.halfstep.model.Nodes;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model raised to a newer version of ONNX's operators, one version after another, including the
 * bodies of If, Loop and Scan.
 *
 * @param model the raised model; the original one if there are obstacles
 * @param obstacles the operators that have no counterpart in the newer version, with the reasons;
 *     empty if the model was raised
 */
public record OpsetUpgrade(ModelProto model, List<String> obstacles) {
  /** The oldest version that can be raised: before it, arithmetic did not broadcast. */
  static final int OLDEST = 7;

  /** The newest version that the adapters reach. */
  public static final int NEWEST = 21;

  /**
   * Raises a model unless it is new enough.
   *
   * @param version at most {@link #NEWEST}
   */
  public static OpsetUpgrade of(ModelProto model, int version) {
    int from = Onnx.opset(model);
    if (from >= version) {
      return new OpsetUpgrade(model, List.of());
    }
    if (from < OLDEST) {
      return new OpsetUpgrade(model, List.of("opset " + from + " is older than " + OLDEST));
    }
    if (model.getFunctionsCount() > 0) {
      return new OpsetUpgrade(
          model, List.of("the model defines its own operators (model-local functions)"));
    }
    Set<String> obstacles = new LinkedHashSet<>();
    GraphProto graph = model.getGraph();
    TensorNames names = new TensorNames(graph);
    for (int step = from + 1; step <= version; step++) {
      graph = raise(graph, null, names, step, obstacles);
    }
    return obstacles.isEmpty()
        ? new OpsetUpgrade(
            Onnx.withOpset(model.toBuilder().setGraph(graph).build(), "", version), List.of())
        : new OpsetUpgrade(model, List.copyOf(obstacles));
  }

  private static GraphProto raise(
      GraphProto graph,
      @Nullable OpsetScope outer,
      TensorNames names,
      int step,
      Set<String> obstacles) {
    OpsetScope scope = new OpsetScope(outer, graph, names);
    for (NodeProto node : graph.getNodeList()) {
      NodeProto raised = Onnx.mapBodies(node, body -> raise(body, scope, names, step, obstacles));
      try {
        scope.add(
            Nodes.isStandard(node)
                ? OpsetAdapters.of(node.getOpType(), step).adapt(raised, scope)
                : raised);
      } catch (NoAdapterException e) {
        obstacles.add(node.getOpType() + ": " + e.getMessage());
        scope.add(raised);
      } catch (IndexOutOfBoundsException e) {
        obstacles.add(node.getOpType() + ": an input or output that it needs is missing");
        scope.add(raised);
      }
    }
    return scope.graph(graph);
  }
}
