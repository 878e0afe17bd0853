package io.halfstep.model;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Folds the factors of a Gemm {@code Y = α·A·B + β·C} into its constants: α into B, and β into C,
 * which becomes a bias {@code [out]}. A C that differs between rows of Y, or is computed at run
 * time, is added behind the Gemm.
 */
final class GemmFactors {
  private GemmFactors() {}

  static void canonicalize(GraphDraft draft) {
    List<NodeProto> nodes = new ArrayList<>();
    for (NodeProto node : draft.nodes()) {
      if (Nodes.is(node, "Gemm")) {
        addWithBias(draft, withoutAlpha(draft, node), nodes);
      } else {
        nodes.add(node);
      }
    }
    draft.replaceNodes(nodes);
  }

  private static NodeProto withoutAlpha(GraphDraft draft, NodeProto node) {
    float alpha = Attributes.of(node).real("alpha", 1);
    Tensor weight = draft.floats(node.getInput(1));
    if (alpha == 1 || weight == null) {
      return node;
    }
    float[] scaled = times(weight.floats(), alpha);
    String name = node.getInput(1);
    String own = draft.add(name, TensorProtos.encode(name, Tensor.of(scaled, weight.shape())));
    return Onnx.without(node, "alpha").toBuilder().setInput(1, own).build();
  }

  private static void addWithBias(GraphDraft draft, NodeProto node, List<NodeProto> nodes) {
    if (node.getInputCount() < 3 || node.getInput(2).isEmpty()) {
      nodes.add(Onnx.without(node, "beta"));
      return;
    }
    Tensor weight = draft.floats(node.getInput(1));
    if (weight == null || weight.rank() != 2) {
      nodes.add(node);
      return;
    }
    String name = node.getInput(2);
    int out = Math.toIntExact(weight.dim(Attributes.of(node).integer("transB", 0) == 0 ? 1 : 0));
    float beta = Attributes.of(node).real("beta", 1);
    Tensor c = draft.floats(name);
    if (c == null) {
      SeparateBias.append(
          draft, Onnx.without(node, "beta"), scaled(draft, name, beta, nodes), nodes);
    } else if (!isSameForAllRows(c) || (c.size() != 1 && c.size() != out)) {
      Tensor scaled = Tensor.of(times(c.floats(), beta), c.shape());
      String constant = draft.add(name, TensorProtos.encode(name, scaled));
      SeparateBias.append(draft, Onnx.without(node, "beta"), constant, nodes);
    } else if (beta == 1 && c.rank() == 1 && c.size() == out) {
      nodes.add(node);
    } else {
      float[] bias = times(c.floats(), beta);
      if (bias.length != out) {
        float value = bias[0];
        bias = new float[out];
        Arrays.fill(bias, value);
      }
      String vector = draft.add(name, TensorProtos.encode(name, Tensor.of(bias, out)));
      nodes.add(Onnx.without(node, "beta").toBuilder().setInput(2, vector).build());
    }
  }

  /** Appends a node that computes {@code β·C}; its name. */
  private static String scaled(GraphDraft draft, String c, float beta, List<NodeProto> nodes) {
    if (beta == 1) {
      return c;
    }
    TensorProto factor = TensorProtos.encode("beta", Tensor.of(new float[] {beta}));
    String scaled = draft.unique(c + "_scaled");
    nodes.add(Onnx.node("Mul", List.of(c, draft.add("beta", factor)), List.of(scaled)));
    return scaled;
  }

  private static boolean isSameForAllRows(Tensor c) {
    return c.rank() < 2 || (c.rank() == 2 && c.dim(0) == 1);
  }

  private static float[] times(float[] values, float factor) {
    float[] scaled = new float[values.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = factor * values[i];
    }
    return scaled;
  }
}
