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
    if (node.getInputCount() < 3 || node.getInput(2).isEmpty()) {
      return withoutBeta(node);
    }
    Tensor weight = draft.floats(node.getInput(1));
    Tensor c = draft.floats(node.getInput(2));
    if (weight == null || weight.rank() != 2 || c == null) {
      return node;
    }
    long out = weight.dim(Attributes.of(node).integer("transB", 0) == 0 ? 1 : 0);
    float beta = Attributes.of(node).real("beta", 1);
    float[] bias = bias(c, beta, Math.toIntExact(out));
    if (bias == null || (beta == 1 && c.rank() == 1 && c.size() == out)) {
      return node;
    }
    String name = node.getInput(2);
    String vector = draft.add(name, TensorProtos.encode(name, Tensor.of(bias, out)));
    return withoutBeta(node).toBuilder().setInput(2, vector).build();
  }

  private static NodeProto withoutBeta(NodeProto node) {
    NodeProto.Builder plain = node.toBuilder().clearAttribute();
    for (AttributeProto attribute : node.getAttributeList()) {
      if (!attribute.getName().equals("beta")) {
        plain.addAttribute(attribute);
      }
    }
    return plain.build();
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
