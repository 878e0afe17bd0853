package io.halfstep.export.opset;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.model.Nodes;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A graph that is raised from one operator set version to the next, with types and constants of its
 * tensors. The body of an If, Loop or Scan sees the tensors of the outer graph.
 */
final class OpsetScope {
  private final @Nullable OpsetScope outer;
  private final TensorNames names;
  private final Map<String, TypeProto.Tensor> types = new HashMap<>();
  private final Map<String, TensorProto> constants = new HashMap<>();
  private final Set<String> read = new HashSet<>();
  private final List<NodeProto> nodes = new ArrayList<>();
  private final List<TensorProto> added = new ArrayList<>();

  OpsetScope(@Nullable OpsetScope outer, GraphProto graph, TensorNames names) {
    this.outer = outer;
    this.names = names;
    for (List<ValueInfoProto> infos :
        List.of(graph.getValueInfoList(), graph.getInputList(), graph.getOutputList())) {
      for (ValueInfoProto info : infos) {
        types.put(info.getName(), info.getType().getTensorType());
      }
    }
    for (TensorProto initializer : graph.getInitializerList()) {
      constants.put(initializer.getName(), initializer);
    }
    collectReads(graph);
    for (NodeProto node : graph.getNodeList()) {
      if (node.getOpType().equals("Constant") && node.getOutputCount() > 0) {
        Onnx.attribute(node, "value").ifPresent(v -> constants.put(node.getOutput(0), v.getT()));
      }
    }
  }

  /** Returns the original graph with this scope's nodes and constants. */
  GraphProto graph(GraphProto before) {
    return before.toBuilder().clearNode().addAllNode(nodes).addAllInitializer(added).build();
  }

  TensorNames names() {
    return names;
  }

  void add(NodeProto node) {
    nodes.add(node);
  }

  /** Adds a node with one output and returns the output's name, which begins with {@code wish}. */
  String add(String wish, NodeProto node) {
    String output = names.unique(wish);
    add(node.toBuilder().clearOutput().addOutput(output).build());
    return output;
  }

  /** Adds a vector of int64 and returns its name, which begins with {@code wish}. */
  String vector(String wish, long... values) {
    return constant(Onnx.tensor(names.unique(wish), values, values.length));
  }

  /** Adds a constant and returns its name. */
  String constant(TensorProto tensor) {
    added.add(tensor);
    constants.put(tensor.getName(), tensor);
    return tensor.getName();
  }

  /** Returns whether a node, a body or an output of this graph reads the tensor. */
  boolean reads(String tensor) {
    return read.contains(tensor);
  }

  private void collectReads(GraphProto graph) {
    graph.getOutputList().forEach(output -> read.add(output.getName()));
    for (NodeProto node : graph.getNodeList()) {
      read.addAll(node.getInputList());
      Nodes.bodies(node).forEach(this::collectReads);
    }
  }

  /** Returns the tensor's value, if it is a constant. */
  Optional<TensorProto> value(String tensor) {
    TensorProto value = constants.get(tensor);
    if (value != null) {
      return Optional.of(value);
    }
    return outer == null ? Optional.empty() : outer.value(tensor);
  }

  /** Returns the tensor's number of dimensions, if the model has it. */
  OptionalInt rank(String tensor) {
    TypeProto.Tensor type = types.get(tensor);
    if (type != null && type.hasShape()) {
      return OptionalInt.of(type.getShape().getDimCount());
    }
    TensorProto value = constants.get(tensor);
    if (value != null) {
      return OptionalInt.of(value.getDimsCount());
    }
    return outer == null ? OptionalInt.empty() : outer.rank(tensor);
  }

  /** Returns the tensor's element type; FLOAT if the model does not have it. */
  int elementType(String tensor) {
    TypeProto.Tensor type = types.get(tensor);
    if (type != null && type.getElemType() != TensorProto.DataType.UNDEFINED_VALUE) {
      return type.getElemType();
    }
    TensorProto value = constants.get(tensor);
    if (value != null) {
      return value.getDataType();
    }
    return outer == null ? TensorProto.DataType.FLOAT_VALUE : outer.elementType(tensor);
  }
}
