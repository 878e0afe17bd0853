package io.halfstep.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings the constant C of a Gemm {@code Y = α·A·B + β·C} into the form of every other bias: {@code
 * [out]} with β = 1. A C that differs from row to row of Y stays as it is.
 */
final class GemmBias {
  private GemmBias() {}

  static void canonicalize(GraphDraft draft) {
    List<NodeProto> nodes = new ArrayList<>();
    for (NodeProto node : draft.nodes()) {
      nodes.add(Nodes.is(node, "Gemm") ? canonical(draft, node) : node);
    }
    draft.replaceNodes(nodes);
  }

  private static NodeProto canonical(GraphDraft draft, NodeProto node) {
    Tensor weight = draft.floats(node.getInput(1));
    Tensor c = node.getInputCount() > 2 ? draft.floats(node.getInput(2)) : null;
    if (weight == null || weight.rank() != 2 || c == null) {
      return node;
    }
    long out = weight.dim(Attributes.of(node).integer("transB", 0) == 0 ? 1 : 0);
    float beta = Attributes.of(node).real("beta", 1);
    float[] bias = bias(c, beta, Math.toIntExact(out));
    if (bias == null || (beta == 1 && c.rank() == 1 && c.size() == out)) {
      return node;
    }
    NodeProto.Builder canonical = node.toBuilder().clearAttribute();
    for (AttributeProto attribute : node.getAttributeList()) {
      if (!attribute.getName().equals("beta")) {
        canonical.addAttribute(attribute);
      }
    }
    String name = node.getInput(2);
    return canonical
        .setInput(2, draft.add(name, TensorProtos.encode(name, Tensor.of(bias, out))))
        .build();
  }

  /** {@code β·C} for each output; null if it depends on the row of Y. */
  private static float @Nullable [] bias(Tensor c, float beta, int out) {
    boolean sameForAllRows = c.rank() < 2 || (c.rank() == 2 && c.dim(0) == 1);
    if (!sameForAllRows || (c.size() != 1 && c.size() != out)) {
      return null;
    }
    float[] bias = new float[out];
    for (int i = 0; i < out; i++) {
      bias[i] = beta * c.floats()[c.size() == 1 ? 0 : i];
    }
    return bias;
  }
}
