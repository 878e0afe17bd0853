package io.halfstep.network;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.halfstep.model.LayerOperator;
import io.halfstep.model.LayerOperators;
import io.halfstep.model.Nodes;
import io.halfstep.model.WeightLayout;
import io.halfstep.quantizer.PairBound;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import io.halfstep.tensor.TensorValues;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The layers of a quantized model, of any producer, that ONNX Runtime computes wrongly on x86
 * processors without VNNI: those with int8 weights and 8-bit activations. There, two products
 * {@code a₁w₁ + a₂w₂} are added in 16 bits, which can saturate beyond the {@link PairBound}.
 */
public final class SaturatingLayers {
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
          && saturates(operator, node, weight.getInput(0));
    }
    for (LayerOperator computed : LayerOperators.ALL) {
      Integer weight = computed.integerOperators().get(node.getOpType());
      if (weight != null && weight < node.getInputCount()) {
        return saturates(computed, node, node.getInput(weight));
      }
    }
    return false;
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

  private boolean saturates(LayerOperator operator, NodeProto node, String weight) {
    TensorProto constant = constants.get(weight);
    if (constant == null || constant.getDataType() != DataType.INT8_VALUE) {
      return false;
    }
    if (constant.getDataLocation() == DataLocation.EXTERNAL) {
      return true;
    }
    Tensor tensor = TensorValues.single(TensorProtos.decode(constant));
    WeightLayout layout = operator.layout(node, tensor);
    int channels = operator.spatialAxes(tensor.rank()) > 0 ? (int) tensor.dim(1) : layout.k();
    return PairBound.isFor(channels, layout.out() / layout.groups())
        && PairBound.isBroken(layout.toRows(tensor.floats()), layout.k(), channels);
  }
}
