package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.model.Attributes;
import io.halfstep.model.LayerOperator;
import io.halfstep.model.LayerOperators;
import io.halfstep.model.Nodes;
import io.halfstep.tensor.TensorProtos;
import io.halfstep.tensor.TensorValues;
import java.util.Map;
import java.util.Set;

/**
 * What integer runtimes do with each operator: those of ONNX Runtime (QLinearConv, QLinearAdd …),
 * TensorRT, QNN and OpenVINO. An operator that is not named here is computed in float.
 */
final class IntegerOperators {
  /** Operators whose outputs are computed from integers and rounded anew. */
  private static final Set<String> COMPUTING =
      Set.of(
          "Add",
          "AveragePool",
          "Clip",
          "Elu",
          "Gelu",
          "GlobalAveragePool",
          "HardSigmoid",
          "HardSwish",
          "InstanceNormalization",
          "LayerNormalization",
          "LeakyRelu",
          "Max",
          "Min",
          "Mul",
          "PRelu",
          "Relu",
          "Sigmoid",
          "Softmax",
          "Tanh");

  /** Operators whose outputs hold values of their first input, unchanged. */
  private static final Set<String> COPYING =
      Set.of(
          "DepthToSpace",
          "Dropout",
          "Expand",
          "Flatten",
          "Gather",
          "GatherElements",
          "GatherND",
          "GlobalMaxPool",
          "Identity",
          "MaxPool",
          "Reshape",
          "Slice",
          "SpaceToDepth",
          "Split",
          "Squeeze",
          "Tile",
          "Transpose",
          "Unsqueeze");

  private static final Set<String> RESIZING = Set.of("Resize", "Upsample");

  /** Operators with values from 0 to 1. */
  private static final Set<String> UNIT = Set.of("HardSigmoid", "Sigmoid", "Softmax");

  private final Map<String, TensorProto> constants;

  IntegerOperators(Map<String, TensorProto> constants) {
    this.constants = constants;
  }

  /** Returns whether integer runtimes compute the operator from integers. */
  boolean isInteger(NodeProto node) {
    return isProduct(node)
        || copies(node)
        || isConcatenation(node)
        || (Nodes.isStandard(node)
            && (COMPUTING.contains(node.getOpType())
                || RESIZING.contains(node.getOpType())
                || node.getOpType().equals("Pad")));
  }

  /** Returns whether it multiplies matrices, so that its inputs are worth quantizing anyway. */
  static boolean isProduct(NodeProto node) {
    return LayerOperators.of(node) != null;
  }

  /** Returns whether it can multiply two activations. */
  static boolean multipliesActivations(NodeProto node) {
    LayerOperator operator = LayerOperators.of(node);
    return operator != null && operator.multipliesActivations();
  }

  /** Returns whether the outputs hold values of the first input, or 0, and no others. */
  boolean copies(NodeProto node) {
    if (!Nodes.isStandard(node)) {
      return false;
    }
    String op = node.getOpType();
    if (RESIZING.contains(op)) {
      return Attributes.of(node).text("mode", "nearest").equals("nearest");
    }
    return COPYING.contains(op) || (op.equals("Pad") && padsWithZeros(node));
  }

  static boolean isConcatenation(NodeProto node) {
    return Nodes.is(node, "Concat");
  }

  static boolean isUnit(NodeProto node) {
    return Nodes.isStandard(node) && UNIT.contains(node.getOpType());
  }

  private boolean padsWithZeros(NodeProto pad) {
    Attributes attributes = Attributes.of(pad);
    if (!attributes.text("mode", "constant").equals("constant")) {
      return true;
    }
    if (pad.getInputCount() > 2 && !pad.getInput(2).isEmpty()) {
      TensorProto value = constants.get(pad.getInput(2));
      return value != null && TensorValues.doubles(TensorProtos.decode(value))[0] == 0;
    }
    return attributes.real("value", 0) == 0; // before opset 11
  }
}
