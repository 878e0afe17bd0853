package io.halfstep.graph;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.model.LayerOperator;
import io.halfstep.model.LayerOperators;
import io.halfstep.tensor.ClipFunction;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Determines which nodes are layers, and why others are not. */
final class LayerReader {
  private final Map<String, TensorProto> initializers;

  LayerReader(Map<String, TensorProto> initializers) {
    this.initializers = initializers;
  }

  /** Returns why a node of this operator stays in float; null if it is a layer. */
  @Nullable String whyFloat(LayerOperator operator, NodeProto node) {
    TensorProto weight = initializers.get(node.getInput(1));
    if (weight == null) {
      return initializers.containsKey(node.getInput(0))
          ? "its constant is the left operand; only one on the right is quantized"
          : "its weight is computed at run time";
    }
    if (weight.getDataType() != ElementType.FLOAT.onnx()) {
      return "its weight is of element type "
          + TensorProto.DataType.forNumber(weight.getDataType())
          + "; only FLOAT is quantized";
    }
    long[] shape = weight.getDimsList().stream().mapToLong(Long::longValue).toArray();
    if (Arrays.stream(shape).anyMatch(d -> d == 0)) {
      return "its weight is empty";
    }
    String why = operator.whyFloat(shape);
    return why != null
        ? why
        : whyBiasIsWrong(node, operator.layout(node, TensorProtos.onDemand(weight)).out());
  }

  private @Nullable String whyBiasIsWrong(NodeProto node, int out) {
    String name = bias(node);
    if (name == null) {
      return null;
    }
    TensorProto bias = initializers.get(name);
    if (bias == null) {
      return "its bias is computed at run time";
    }
    return bias.getDimsCount() == 1 && bias.getDims(0) == out
        ? null
        : "its bias has shape " + bias.getDimsList() + " instead of [" + out + "]";
  }

  private static @Nullable String bias(NodeProto node) {
    return node.getInputCount() > 2 && !node.getInput(2).isEmpty() ? node.getInput(2) : null;
  }

  Layer read(String name, NodeProto node, ClipFunction activation) {
    Tensor weight = TensorProtos.onDemand(requireNonNull(initializers.get(node.getInput(1))));
    String biasName = bias(node);
    Tensor bias =
        biasName == null ? null : TensorProtos.decode(requireNonNull(initializers.get(biasName)));
    LayerOperator operator = requireNonNull(LayerOperators.of(node));
    return new Layer(
        name,
        operator,
        node,
        weight,
        bias,
        operator.layout(node, weight),
        operator.patches(node, weight),
        activation);
  }
}
