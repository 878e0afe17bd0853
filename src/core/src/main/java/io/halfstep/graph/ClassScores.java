package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides from the operators whether an output may hold class scores. */
public final class ClassScores {
  /** Operators that keep the position of the greatest element. */
  private static final Set<String> PASSED =
      Set.of(
          "Identity",
          "Cast",
          "Reshape",
          "Flatten",
          "Squeeze",
          "Unsqueeze",
          "Transpose",
          "Resize",
          "Upsample",
          "QuantizeLinear",
          "DequantizeLinear",
          "Dropout");

  /** Operators that produce features, images or boxes. */
  private static final Set<String> OTHERS =
      Set.of(
          "Concat",
          "DepthToSpace",
          "GRU",
          "GroupNormalization",
          "InstanceNormalization",
          "LSTM",
          "LayerNormalization",
          "LpNormalization",
          "NonMaxSuppression",
          "RMSNormalization",
          "ReduceMean",
          "RNN",
          "Shape",
          "SimplifiedLayerNormalization",
          "SkipLayerNormalization",
          "Tanh",
          "TopK");

  private final Map<String, NodeProto> makers = new HashMap<>();
  private final Set<String> constants = new HashSet<>();

  private ClassScores(GraphProto graph) {
    for (TensorProto tensor : graph.getInitializerList()) {
      constants.add(tensor.getName());
    }
    for (NodeProto node : graph.getNodeList()) {
      node.getOutputList().forEach(name -> makers.put(name, node));
      if (node.getOpType().equals("Constant")) {
        constants.addAll(node.getOutputList());
      }
    }
  }

  /** Returns false for normalized features, sentence vectors, boxes and the like. */
  public static boolean mayBe(GraphProto graph, String output) {
    return new ClassScores(graph).mayBe(output);
  }

  /** Returns the outputs that may hold class scores. */
  public static List<String> outputs(GraphProto graph) {
    ClassScores scores = new ClassScores(graph);
    return graph.getOutputList().stream()
        .map(ValueInfoProto::getName)
        .filter(scores::mayBe)
        .toList();
  }

  private boolean mayBe(String output) {
    Set<String> seen = new HashSet<>();
    String name = output;
    while (seen.add(name)) {
      NodeProto node = makers.get(name);
      if (node == null || node.getInputCount() == 0) {
        return true;
      }
      if (OTHERS.contains(node.getOpType()) || isNormalization(node)) {
        return false;
      }
      String next = passed(node);
      if (next == null) {
        return true;
      }
      name = next;
    }
    return true;
  }

  /** Returns the input whose order of elements the node keeps; null if it computes new values. */
  private @Nullable String passed(NodeProto node) {
    if (PASSED.contains(node.getOpType())) {
      return node.getInput(0);
    }
    boolean scales = Set.of("Add", "Sub", "Mul", "Div").contains(node.getOpType());
    if (scales && isConstant(node.getInput(1))) {
      return node.getInput(0);
    }
    return scales && isConstant(node.getInput(0)) ? node.getInput(1) : null;
  }

  /** Returns whether the value is constant, also behind QDQ nodes. */
  private boolean isConstant(String name) {
    NodeProto maker = makers.get(name);
    return constants.contains(name)
        || (maker != null
            && maker.getInputCount() > 0
            && PASSED.contains(maker.getOpType())
            && isConstant(maker.getInput(0)));
  }

  /** Recognizes the Div of a layer or vector norm; the Div of a softmax divides exponentials. */
  private boolean isNormalization(NodeProto node) {
    if (!node.getOpType().equals("Div") || isConstant(node.getInput(1))) {
      return false;
    }
    NodeProto numerator = makers.get(node.getInput(0));
    return numerator == null || !numerator.getOpType().equals("Exp");
  }
}
