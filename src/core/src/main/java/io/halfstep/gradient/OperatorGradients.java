package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Nodes;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The gradients of ONNX's operators, by their names. */
final class OperatorGradients {
  private static final Map<String, OperatorGradient> ALL = new HashMap<>();

  static {
    ArithmeticGradients.all(ALL);
    ActivationGradients.all(ALL);
    RoundingGradients.all(ALL);
    QuantizerGradients.all(ALL);
    ProductGradients.all(ALL);
    ConvolutionGradients.all(ALL);
    PoolingGradients.all(ALL);
    ReductionGradients.all(ALL);
    SoftmaxGradients.all(ALL);
    NormalizationGradients.all(ALL);
    MovementGradients.all(ALL);
    ExtentGradients.all(ALL);
    ResizeGradients.all(ALL);
  }

  private OperatorGradients() {}

  /** Returns an operator's gradient; null if it has none. */
  static @Nullable OperatorGradient of(NodeProto node) {
    return Nodes.isStandard(node) ? ALL.get(node.getOpType()) : null;
  }
}
