package io.halfstep.model;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.TensorValues;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The floating-point constants of a graph. */
public final class Constants {
  private Constants() {}

  /** Returns those of a graph, its Constant nodes and all bodies: each tensor once. */
  static List<TensorProto> of(GraphProto graph) {
    List<TensorProto> found = new ArrayList<>(graph.getInitializerList());
    for (SparseTensorProto sparse : graph.getSparseInitializerList()) {
      found.add(sparse.getValues());
    }
    found.removeIf(tensor -> !isFloat(tensor));
    graph.getNodeList().forEach(node -> found.addAll(within(node)));
    return found;
  }

  /** Returns those among a node's attributes and in its bodies. */
  public static List<TensorProto> within(NodeProto node) {
    List<TensorProto> found = new ArrayList<>();
    node.getAttributeList().stream()
        .filter(attribute -> attribute.hasT() && isFloat(attribute.getT()))
        .forEach(attribute -> found.add(attribute.getT()));
    Nodes.bodies(node).forEach(body -> found.addAll(of(body)));
    return found;
  }

  public static boolean isFloat(TensorProto tensor) {
    return type(tensor.getDataType()) != null;
  }

  public static long elements(TensorProto tensor) {
    return tensor.getDimsList().stream().reduce(1L, (a, b) -> a * b);
  }

  /** Returns the bytes of a floating-point constant. */
  public static long bytes(TensorProto tensor) {
    ElementType type = type(tensor.getDataType());
    return type == null ? 0 : elements(tensor) * type.bytes();
  }

  private static @Nullable ElementType type(int onnx) {
    return Arrays.stream(ElementType.values())
        .filter(type -> type.onnx() == onnx && TensorValues.isFloat(type))
        .findFirst()
        .orElse(null);
  }
}
