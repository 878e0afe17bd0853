package io.halfstep.export.opset;

import ai.onnx.proto.OnnxMl.NodeProto;

/** Rewrites a node for the operator set version in which its operator changed. */
@FunctionalInterface
interface OpsetAdapter {
  /**
   * The node that takes {@code node}'s place; what it needs to stand before it has been added to
   * {@code scope}.
   *
   * @throws NoAdapterException if this use of the operator has no counterpart in the new version
   */
  NodeProto adapt(NodeProto node, OpsetScope scope);

  /** This, then {@code next} on its result. */
  default OpsetAdapter andThen(OpsetAdapter next) {
    return (node, scope) -> next.adapt(adapt(node, scope), scope);
  }

  /** The message says why, to be read after the operator's name. */
  final class NoAdapterException extends RuntimeException {
    NoAdapterException(String why) {
      super(why, null, false, false);
    }
  }
}
