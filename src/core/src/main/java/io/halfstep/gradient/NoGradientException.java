package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.Nodes;

/** Thrown where an operator on the way from the loss to a wanted tensor has no gradient. */
public final class NoGradientException extends InvalidInputException {
  private static final long serialVersionUID = 1L;

  NoGradientException(NodeProto node, String why) {
    super("node '%s': %s has no gradient%s".formatted(Nodes.name(node), node.getOpType(), why));
  }
}
