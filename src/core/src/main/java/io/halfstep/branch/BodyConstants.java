package io.halfstep.branch;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.model.Attributes;
import io.halfstep.model.Constants;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Moves the constant matrices of the bodies of {@code If}, {@code Loop} and {@code Scan} to the
 * graph around them, so that they are stored as integers where all others are. The bodies capture
 * them.
 */
public final class BodyConstants {
  private final GraphProto.Builder outside;
  private final TensorNames names;

  /** How many graphs define a name. */
  private final Map<String, Integer> definitions = new HashMap<>();

  private BodyConstants(GraphProto graph) {
    this.outside = graph.toBuilder();
    this.names = new TensorNames(graph);
    count(graph);
  }

  /** Returns a model with the same function whose bodies have no constant matrices. */
  public static Model outside(Model model) {
    GraphProto graph = model.proto().getGraph();
    return model.changed(
        model.proto().toBuilder().setGraph(new BodyConstants(graph).moved()).build(),
        model.batchNorms());
  }

  private void count(GraphProto graph) {
    Nodes.defines(graph).forEach(name -> definitions.merge(name, 1, Integer::sum));
    graph.getNodeList().forEach(node -> Nodes.bodies(node).forEach(this::count));
  }

  private GraphProto moved() {
    for (int i = 0; i < outside.getNodeCount(); i++) {
      outside.setNode(i, Onnx.mapBodies(outside.getNode(i), this::without));
    }
    return outside.build();
  }

  /** Returns a body without constant matrices; a result of the body must stay. */
  private GraphProto without(GraphProto body) {
    Set<String> fixed = new HashSet<>();
    body.getInputList().forEach(input -> fixed.add(input.getName()));
    body.getOutputList().forEach(output -> fixed.add(output.getName()));
    Map<String, String> moved = new HashMap<>();
    GraphProto.Builder rest = body.toBuilder().clearInitializer().clearNode().clearValueInfo();
    for (TensorProto tensor : body.getInitializerList()) {
      if (isMatrix(tensor) && !fixed.contains(tensor.getName())) {
        moved.put(tensor.getName(), move(tensor.getName(), tensor));
      } else {
        rest.addInitializer(tensor);
      }
    }
    for (NodeProto node : body.getNodeList()) {
      TensorProto tensor = value(node);
      if (tensor != null && isMatrix(tensor) && !fixed.contains(node.getOutput(0))) {
        moved.put(node.getOutput(0), move(node.getOutput(0), tensor));
      } else {
        rest.addNode(node);
      }
    }
    for (int i = 0; i < rest.getNodeCount(); i++) {
      rest.setNode(i, Onnx.mapBodies(Nodes.renamed(rest.getNode(i), moved), this::without));
    }
    for (ValueInfoProto value : body.getValueInfoList()) {
      if (!moved.containsKey(value.getName())) {
        rest.addValueInfo(value);
      }
    }
    return rest.build();
  }

  /** Returns the tensor's name outside: its own, unless another graph has one of this name. */
  private String move(String name, TensorProto tensor) {
    String moved = definitions.getOrDefault(name, 0) > 1 ? names.unique(name) : name;
    outside.addInitializer(tensor.toBuilder().setName(moved));
    return moved;
  }

  private static boolean isMatrix(TensorProto tensor) {
    return Constants.isFloat(tensor) && tensor.getDimsCount() > 1;
  }

  private static @Nullable TensorProto value(NodeProto node) {
    AttributeProto value = Nodes.is(node, "Constant") ? Attributes.of(node).find("value") : null;
    return value == null ? null : value.getT();
  }
}
