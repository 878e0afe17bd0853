package io.halfstep.export.opset;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import io.halfstep.export.opset.OpsetAdapter.NoAdapterException;
import io.halfstep.model.Onnx;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** Adapters for the most frequent change of an operator: an attribute became an input. */
final class AttributeAdapters {
  private AttributeAdapters() {}

  /** A list of integers becomes an int64 vector; without the attribute nothing changes. */
  static OpsetAdapter intsToInput(String attribute, int input) {
    return (node, scope) -> {
      Optional<AttributeProto> ints = Onnx.attribute(node, attribute);
      if (ints.isEmpty()) {
        return node;
      }
      long[] values = ints.get().getIntsList().stream().mapToLong(Long::longValue).toArray();
      return withInput(
          Onnx.without(node, attribute),
          input,
          scope.vector(node.getOutput(0) + "_" + attribute, values));
    };
  }

  /** An integer becomes an int64 scalar. */
  static OpsetAdapter intToInput(String attribute, int input, long otherwise) {
    return (node, scope) -> {
      long value = Onnx.integer(node, attribute, otherwise);
      String name = scope.names().unique(node.getOutput(0) + "_" + attribute);
      scope.constant(Onnx.tensor(name, new long[] {value}));
      return withInput(Onnx.without(node, attribute), input, name);
    };
  }

  /**
   * A real becomes a scalar of input 0's element type; without the attribute nothing changes, since
   * the defaults are the same.
   */
  static OpsetAdapter floatToInput(String attribute, int input) {
    return (node, scope) -> {
      Optional<AttributeProto> real = Onnx.attribute(node, attribute);
      if (real.isEmpty()) {
        return node;
      }
      String name = scope.names().unique(node.getOutput(0) + "_" + attribute);
      scope.constant(scalar(name, real.get().getF(), scope.elementType(node.getInput(0))));
      return withInput(Onnx.without(node, attribute), input, name);
    };
  }

  /** TopK's {@code k} becomes a vector of one. */
  static NodeProto countToInput(NodeProto node, OpsetScope scope) {
    String k = scope.vector(node.getOutput(0) + "_k", Onnx.integer(node, "k", 0));
    return withInput(Onnx.without(node, "k"), 1, k);
  }

  static OpsetAdapter rename(String op) {
    return (node, scope) -> node.toBuilder().setOpType(op).build();
  }

  /**
   * Returns the node with a tensor as its input {@code index}; missing inputs before it are left
   * empty.
   */
  static NodeProto withInput(NodeProto node, int index, String tensor) {
    NodeProto.Builder changed = node.toBuilder();
    while (changed.getInputCount() <= index) {
      changed.addInput("");
    }
    return changed.setInput(index, tensor).build();
  }

  private static TensorProto scalar(String name, float value, int elementType) {
    return switch (DataType.forNumber(elementType)) {
      case FLOAT -> Onnx.tensor(name, new float[] {value});
      case DOUBLE ->
          Onnx.tensor(
              name,
              elementType,
              ByteString.copyFrom(
                  ByteBuffer.allocate(Double.BYTES)
                      .order(ByteOrder.LITTLE_ENDIAN)
                      .putDouble(value)
                      .flip()));
      default ->
          throw new NoAdapterException(
              "no constant of element type " + DataType.forNumber(elementType) + " for " + name);
    };
  }
}
