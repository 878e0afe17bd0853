package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;

/** The gradient of an operator: a vector-Jacobian product. */
@FunctionalInterface
interface OperatorGradient {
  /**
   * Adds the nodes that compute the gradients of the node's inputs from those of its outputs, and
   * {@linkplain BackwardPass#give gives} them to the inputs that {@linkplain BackwardPass#needs
   * need} one.
   */
  void add(NodeProto node, BackwardPass pass);
}
