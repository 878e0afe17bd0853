package io.halfstep.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Properties of a node, including the bodies of {@code If}, {@code Loop} and {@code Scan}. */
public final class Nodes {
  /** The domain of the functions that quantized models define. */
  public static final String HALFSTEP = "halfstep";

  private static final Set<String> KNOWN_DOMAINS = Set.of("com.microsoft", HALFSTEP);
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

  /** Returns whether it is the ONNX operator of this name. */
  public static boolean is(NodeProto node, String op) {
    return isStandard(node) && node.getOpType().equals(op);
  }

  /** Returns whether the operator is in ONNX's domain. */
  public static boolean isStandard(NodeProto node) {
    return node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx");
  }

  /** Returns the node's name, or its first output's if it has none. */
  public static String name(NodeProto node) {
    return node.getName().isEmpty() ? node.getOutput(0) : node.getName();
  }

  /** Returns the outputs that are present. */
  public static List<String> makes(NodeProto node) {
    return node.getOutputList().stream().filter(name -> !name.isEmpty()).toList();
  }

  /**
   * Returns the tensors that the node reads: its inputs, and the outer tensors that its bodies
   * capture; each once.
   */
  public static Set<String> reads(NodeProto node) {
    Set<String> names = new LinkedHashSet<>(node.getInputList());
    for (GraphProto body : bodies(node)) {
      names.addAll(captures(body));
    }
    names.remove("");
    return names;
  }

  /** Returns the graphs among the node's attributes. */
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

  /** Returns the branch that an {@code If} takes. */
  public static GraphProto branch(NodeProto node, boolean condition) {
    return Onnx.attribute(node, branchName(condition))
        .map(AttributeProto::getG)
        .orElse(GraphProto.getDefaultInstance());
  }

  /** Returns an {@code If} with another branch in this one's place. */
  public static NodeProto withBranch(NodeProto node, boolean condition, GraphProto branch) {
    NodeProto.Builder changed = node.toBuilder();
    for (AttributeProto.Builder attribute : changed.getAttributeBuilderList()) {
      if (attribute.getName().equals(branchName(condition))) {
        attribute.setG(branch);
      }
    }
    return changed.build();
  }

  private static String branchName(boolean condition) {
    return condition ? "then_branch" : "else_branch";
  }

  /** Returns the node with other names for what it reads, makes, and captures in its bodies. */
  public static NodeProto renamed(NodeProto node, Map<String, String> names) {
    NodeProto.Builder renamed = Onnx.mapBodies(node, body -> renamed(body, names)).toBuilder();
    for (int i = 0; i < node.getInputCount(); i++) {
      renamed.setInput(i, names.getOrDefault(node.getInput(i), node.getInput(i)));
    }
    for (int i = 0; i < node.getOutputCount(); i++) {
      renamed.setOutput(i, names.getOrDefault(node.getOutput(i), node.getOutput(i)));
    }
    return renamed.build();
  }

  /** Renames what a body captures; its own tensors keep their names. */
  private static GraphProto renamed(GraphProto body, Map<String, String> names) {
    Map<String, String> captured = new HashMap<>(names);
    captured.keySet().removeAll(defines(body));
    GraphProto.Builder renamed = body.toBuilder();
    for (int i = 0; i < body.getNodeCount(); i++) {
      renamed.setNode(i, renamed(body.getNode(i), captured));
    }
    for (int i = 0; i < body.getOutputCount(); i++) {
      String name = body.getOutput(i).getName();
      renamed.getOutputBuilder(i).setName(captured.getOrDefault(name, name));
    }
    return renamed.build();
  }

  /** Returns the tensors that a body defines itself. */
  public static Set<String> defines(GraphProto body) {
    Set<String> own = new HashSet<>();
    body.getInputList().forEach(input -> own.add(input.getName()));
    body.getInitializerList().forEach(tensor -> own.add(tensor.getName()));
    body.getSparseInitializerList().forEach(tensor -> own.add(tensor.getValues().getName()));
    body.getNodeList().forEach(node -> own.addAll(node.getOutputList()));
    return own;
  }

  private static Set<String> captures(GraphProto body) {
    Set<String> captured = new LinkedHashSet<>();
    body.getNodeList().forEach(node -> captured.addAll(reads(node)));
    body.getOutputList().forEach(output -> captured.add(output.getName()));
    captured.removeAll(defines(body));
    return captured;
  }

  /**
   * Returns whether the node is deterministic: neither it nor a node in its bodies or function is
   * random, as far as is known.
   */
  public static boolean isDeterministic(NodeProto node) {
    boolean known = isStandard(node) || KNOWN_DOMAINS.contains(node.getDomain());
    return known && !RANDOM.contains(node.getOpType()) && bodies(node).isEmpty();
  }
}
