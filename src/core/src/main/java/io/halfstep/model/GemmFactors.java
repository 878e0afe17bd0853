package io.halfstep.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Folds the factors of a Gemm {@code Y = α·A·B + β·C} into its constants: α into B, and β into C,
 * which becomes a bias {@code [out]}. A C that differs between rows of Y is not folded.
 */
final class GemmFactors {
  private GemmFactors() {}

  static void canonicalize(GraphDraft draft) {
    List<NodeProto> nodes = new ArrayList<>();
    for (NodeProto node : draft.nodes()) {
      nodes.add(Nodes.is(node, "Gemm") ? withBias(draft, withoutAlpha(draft, node)) : node);
    }
    draft.replaceNodes(nodes);
  }

  private static NodeProto withoutAlpha(GraphDraft draft, NodeProto node) {
    float alpha = Attributes.of(node).real("alpha", 1);
    Tensor weight = draft.floats(node.getInput(1));
    if (alpha == 1 || weight == null) {
      return node;
    }
    float[] scaled = new float[weight.size()];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = alpha * weight.floats()[i];
    }
    String name = node.getInput(1);
    String own = draft.add(name, TensorProtos.encode(name, Tensor.of(scaled, weight.shape())));
    return without(node, "alpha").toBuilder().setInput(1, own).build();
  }

  private static NodeProto withBias(GraphDraft draft, NodeProto node) {
    if (node.getInputCount() < 3 || node.getInput(2).isEmpty()) {
      return without(node, "beta");
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
    return without(node, "beta").toBuilder().setInput(2, vector).build();
  }

  private static NodeProto without(NodeProto node, String name) {
    NodeProto.Builder others = node.toBuilder().clearAttribute();
    for (AttributeProto attribute : node.getAttributeList()) {
      if (!attribute.getName().equals(name)) {
        others.addAttribute(attribute);
      }
    }
    return others.build();
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
