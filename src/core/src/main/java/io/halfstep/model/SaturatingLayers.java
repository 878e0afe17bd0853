package io.halfstep.model;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.halfstep.tensor.TensorProtos;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The layers of a quantized model, of any producer, that ONNX Runtime computes wrongly on x86
 * processors without VNNI: those with int8 weights and 8-bit activations. There, two products
 * {@code a₁w₁ + a₂w₂} are added in 16 bits, which can saturate if {@code |w₁| + |w₂| > 128}.
 */
public final class SaturatingLayers {
  private static final int HARMLESS = 64;

  /** The index of the weight input, for operators that compute with integers. */
  private static final Map<String, Integer> WEIGHTS =
      Map.of(
          "QLinearConv", 3,
          "QLinearMatMul", 3,
          "QGemm", 3,
          "ConvInteger", 1,
          "MatMulInteger", 1,
          "MatMulIntegerToFloat", 1,
          "DynamicQuantizeMatMul", 1);

  private final Map<String, TensorProto> constants = new HashMap<>();
  private final Map<String, NodeProto> producers = new HashMap<>();

  private SaturatingLayers(ModelProto model) {
    model.getGraph().getInitializerList().forEach(c -> constants.put(c.getName(), c));
    for (NodeProto node : model.getGraph().getNodeList()) {
      node.getOutputList().forEach(output -> producers.put(output, node));
    }
  }

  /** Returns the names of these layers; external weights count as large. */
  public static List<String> of(ModelProto model) {
    SaturatingLayers layers = new SaturatingLayers(model);
    List<String> found = new ArrayList<>();
    for (NodeProto node : model.getGraph().getNodeList()) {
      if (layers.saturates(node)) {
        found.add(Nodes.name(node));
      }
    }
    return found;
  }

  private boolean saturates(NodeProto node) {
    LayerOperator operator = LayerOperators.named(node.getOpType());
    if (operator != null && operator.hasIntegerKernel()) {
      NodeProto activation = dequantization(node, 0);
      NodeProto weight = dequantization(node, 1);
      return activation != null
          && weight != null
          && bits(activation) == 8
          && isLargeAndSigned(weight.getInput(0));
    }
    Integer weight = WEIGHTS.get(node.getOpType());
    return weight != null
        && weight < node.getInputCount()
        && isLargeAndSigned(node.getInput(weight));
  }

  private @Nullable NodeProto dequantization(NodeProto node, int input) {
    NodeProto producer = input < node.getInputCount() ? producers.get(node.getInput(input)) : null;
    return producer != null && producer.getOpType().equals("DequantizeLinear") ? producer : null;
  }

  /** Returns the type of an activation's integers, by its zero point; uint8 without one. */
  private int bits(NodeProto dequantization) {
    TensorProto zero =
        dequantization.getInputCount() > 2 ? constants.get(dequantization.getInput(2)) : null;
    return zero == null
            || zero.getDataType() == DataType.UINT8_VALUE
            || zero.getDataType() == DataType.INT8_VALUE
        ? 8
        : 16;
  }

  private boolean isLargeAndSigned(String weight) {
    TensorProto constant = constants.get(weight);
    if (constant == null || constant.getDataType() != DataType.INT8_VALUE) {
      return false;
    }
    if (constant.getDataLocation() == DataLocation.EXTERNAL) {
      return true;
    }
    for (byte q : (byte[]) TensorProtos.decode(constant).data()) {
      if (Math.abs(q) > HARMLESS) {
        return true;
      }
    }
    return false;
  }
}
