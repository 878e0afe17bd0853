package io.halfstep.export.opset;

import ai.onnx.proto.OnnxMl.NodeProto;

/** Rewrites a node for the operator set version in which its operator changed. */
@FunctionalInterface
interface OpsetAdapter {
  /**
   * Returns the node that replaces {@code node}, after adding the nodes that it needs to {@code
   * scope}.
   *
   * @throws NoAdapterException if this use of the operator has no counterpart in the new version
   */
  NodeProto adapt(NodeProto node, OpsetScope scope);

  /** Applies this adapter, then {@code next} to its result. */
  default OpsetAdapter andThen(OpsetAdapter next) {
    return (node, scope) -> next.adapt(adapt(node, scope), scope);
  }

  /** The message has the reason and follows the operator's name. */
  final class NoAdapterException extends RuntimeException {
    NoAdapterException(String why) {
      super(why, null, false, false);
    }
  }
}
