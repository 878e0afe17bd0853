package io.halfstep.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a node is and what it reads, the bodies of {@code If}, {@code Loop} and {@code Scan}
 * included.
 */
public final class Nodes {
  private static final Set<String> RANDOM =
      Set.of(
          "RandomNormal",
          "RandomUniform",
          "RandomNormalLike",
          "RandomUniformLike",
          "Multinomial",
          "Bernoulli",
          "Dropout");

  private Nodes() {}

  /** Whether the operator is ONNX's own of this name. */
  public static boolean is(NodeProto node, String op) {
    return isStandard(node) && node.getOpType().equals(op);
  }

  /** Whether the operator is one of ONNX's own. */
  public static boolean isStandard(NodeProto node) {
    return node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx");
  }

  /** The node's name, or its first output's where it has none. */
  public static String name(NodeProto node) {
    return node.getName().isEmpty() ? node.getOutput(0) : node.getName();
  }

  /** The outputs that are not left out. */
  public static List<String> makes(NodeProto node) {
    return node.getOutputList().stream().filter(name -> !name.isEmpty()).toList();
  }

  /**
   * The tensors that the node reads: its inputs, and the outer tensors that its bodies capture;
   * each once.
   */
  public static Set<String> reads(NodeProto node) {
    Set<String> names = new LinkedHashSet<>(node.getInputList());
    for (GraphProto body : bodies(node)) {
      names.addAll(captures(body));
    }
    names.remove("");
    return names;
  }

  /** The graphs among the node's attributes. */
  public static List<GraphProto> bodies(NodeProto node) {
    List<GraphProto> bodies = new ArrayList<>();
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        bodies.add(attribute.getG());
      }
      bodies.addAll(attribute.getGraphsList());
    }
    return bodies;
  }

  private static Set<String> captures(GraphProto body) {
    Set<String> own = new HashSet<>();
    body.getInputList().forEach(input -> own.add(input.getName()));
    body.getInitializerList().forEach(tensor -> own.add(tensor.getName()));
    body.getSparseInitializerList().forEach(tensor -> own.add(tensor.getValues().getName()));
    body.getNodeList().forEach(node -> own.addAll(node.getOutputList()));
    Set<String> captured = new LinkedHashSet<>();
    body.getNodeList().forEach(node -> captured.addAll(reads(node)));
    body.getOutputList().forEach(output -> captured.add(output.getName()));
    captured.removeAll(own);
    return captured;
  }

  /**
   * Whether the node gives the same result each time: neither random nor, as far as can be seen
   * (functions, bodies), containing something random.
   */
  public static boolean isDeterministic(NodeProto node) {
    boolean known = isStandard(node) || node.getDomain().equals("com.microsoft");
    return known && !RANDOM.contains(node.getOpType()) && bodies(node).isEmpty();
  }
}
