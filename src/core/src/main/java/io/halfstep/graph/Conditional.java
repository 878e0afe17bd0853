package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Nodes;
import java.util.Map;

/**
 * An {@code If} with layers in its branches.
 *
 * @param output its first output, which identifies it
 * @param condition the tensor that decides which branch is taken
 * @param taken the branches that calibration takes
 */
public record Conditional(String output, String condition, Taken taken) {
  /** Returns whether a node's bodies are branches of which samples may turn one into layers. */
  static boolean isOpen(NodeProto node, Map<String, Taken> taken) {
    return Nodes.is(node, "If")
        && taken.getOrDefault(node.getOutput(0), Taken.UNKNOWN) == Taken.UNKNOWN;
  }

  /** The branches that samples take. */
  public enum Taken {
    /** Known only from samples. */
    UNKNOWN,
    THEN,
    ELSE,
    BOTH,
    /** One, but it can't be cut into stages, for example because it has sequences. */
    WHOLE
  }
}
