package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.graph.Conditional.Taken;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.graph.StageGraph.QuantizedNode;
import io.halfstep.model.LayerOperator;
import io.halfstep.model.LayerOperators;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.tensor.ClipFunction;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of a folded model: the producers and readers of each tensor, and which nodes are layers
 * or constant.
 */
final class NodeIndex {
  /** Operators with integer weights. */
  private static final Set<String> QUANTIZED =
      Set.of(
          "ConvInteger",
          "DynamicQuantizeLSTM",
          "DynamicQuantizeMatMul",
          "MatMulBnb4",
          "MatMulInteger",
          "MatMulIntegerToFloat",
          "MatMulNBits",
          "QAttention",
          "QGemm",
          "QLinearConv",
          "QLinearMatMul");

  private static final Set<String> RESHAPING =
      Set.of("Cast", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze");

  private final List<NodeProto> nodes;
  private final Map<String, TensorProto> initializers = new HashMap<>();
  private final Map<String, Integer> producers = new HashMap<>();
  private final Map<String, List<Integer>> readers = new HashMap<>();
  private final Set<String> graphOutputs = new LinkedHashSet<>();
  private final BitSet layers = new BitSet();
  private final BitSet constants = new BitSet();
  private final List<FloatNode> floatNodes = new ArrayList<>();
  private final List<QuantizedNode> quantizedNodes = new ArrayList<>();
  private final List<Conditional> conditionals = new ArrayList<>();

  /**
   * @param taken what is known of {@code If} nodes, by their first outputs
   */
  NodeIndex(Model model, Map<String, Taken> taken) {
    GraphProto graph = model.proto().getGraph();
    this.nodes = graph.getNodeList();
    graph.getInitializerList().forEach(tensor -> initializers.put(tensor.getName(), tensor));
    graph.getOutputList().forEach(output -> graphOutputs.add(output.getName()));
    LayerReader layerReader = new LayerReader(initializers);
    FloatNodes others = new FloatNodes(initializers, model.proto().getFunctionsList(), taken);
    for (int i = 0; i < nodes.size(); i++) {
      NodeProto node = nodes.get(i);
      for (String name : Nodes.makes(node)) {
        producers.put(name, i);
      }
      for (String name : Nodes.reads(node)) {
        readers.computeIfAbsent(name, n -> new ArrayList<>()).add(i);
      }
      classify(i, layerReader, others);
      if (Nodes.is(node, "If") && (taken.containsKey(node.getOutput(0)) || hasLayers(node))) {
        conditionals.add(
            new Conditional(
                node.getOutput(0),
                node.getInput(0),
                taken.getOrDefault(node.getOutput(0), Taken.UNKNOWN)));
      }
    }
  }

  private static boolean hasLayers(NodeProto conditional) {
    return Nodes.bodies(conditional).stream()
        .flatMap(branch -> branch.getNodeList().stream())
        .anyMatch(
            inner ->
                LayerOperators.of(inner) != null || (Nodes.is(inner, "If") && hasLayers(inner)));
  }

  private void classify(int i, LayerReader layerReader, FloatNodes others) {
    NodeProto node = nodes.get(i);
    LayerOperator operator = LayerOperators.of(node);
    if (Nodes.isDeterministic(node)
        && Nodes.makes(node).stream().noneMatch(graphOutputs::contains)
        && Nodes.reads(node).stream().allMatch(this::isConstant)) {
      constants.set(i);
    } else if (QUANTIZED.contains(node.getOpType())
        || (operator != null && isDequantized(node.getInput(1)))) {
      quantizedNodes.add(new QuantizedNode(Nodes.name(node), node.getOpType()));
    } else if (operator != null) {
      String reason = layerReader.whyFloat(operator, node);
      if (reason == null && isConstant(node.getInput(0))) {
        reason = "its input is constant";
      }
      if (reason == null) {
        layers.set(i);
      } else {
        floatNodes.add(new FloatNode(Nodes.name(node), node.getOpType(), reason));
      }
    } else {
      floatNodes.addAll(others.of(node));
    }
  }

  /** Returns whether a weight comes from integers. */
  private boolean isDequantized(String weight) {
    Integer producer = producers.get(weight);
    while (producer != null && RESHAPING.contains(nodes.get(producer).getOpType())) {
      producer = producers.get(nodes.get(producer).getInput(0));
    }
    return producer != null
        && constants.get(producer)
        && nodes.get(producer).getOpType().equals("DequantizeLinear");
  }

  int size() {
    return nodes.size();
  }

  NodeProto node(int i) {
    return nodes.get(i);
  }

  Map<String, TensorProto> initializers() {
    return initializers;
  }

  List<FloatNode> floatNodes() {
    return floatNodes;
  }

  List<QuantizedNode> quantizedNodes() {
    return quantizedNodes;
  }

  List<Conditional> conditionals() {
    return conditionals;
  }

  boolean hasLayers() {
    return !layers.isEmpty();
  }

  boolean isLayer(int i) {
    return layers.get(i);
  }

  /**
   * Returns whether the node depends on constants only, is deterministic, and is not a graph
   * output.
   */
  boolean isConstant(int i) {
    return constants.get(i);
  }

  /** Returns whether the tensor is an initializer or made by a constant node. */
  boolean isConstant(String tensor) {
    Integer producer = producers.get(tensor);
    return producer == null ? initializers.containsKey(tensor) : constants.get(producer);
  }

  /** Returns the node that produces the tensor; null for inputs and initializers. */
  @Nullable Integer producer(String tensor) {
    return producers.get(tensor);
  }

  /** Returns whether anything other than these nodes reads the tensor. */
  boolean isNeededOutside(String tensor, Set<Integer> group) {
    return graphOutputs.contains(tensor)
        || readers(tensor).stream().anyMatch(i -> !group.contains(i));
  }

  /** Returns the nodes that read the tensor, in order. */
  List<Integer> readers(String tensor) {
    return readers.getOrDefault(tensor, List.of());
  }

  boolean isGraphOutput(String tensor) {
    return graphOutputs.contains(tensor);
  }

  /** Returns whether a body of a node reads the tensor. */
  boolean isReadInside(String tensor) {
    return readers(tensor).stream().anyMatch(i -> !nodes.get(i).getInputList().contains(tensor));
  }

  /** Returns whether a layer takes the tensor as its activation. */
  boolean isReadByLayer(String tensor) {
    return readers(tensor).stream().anyMatch(layers::get);
  }

  /** Returns the activation function that is the tensor's only reader, if a solver can use it. */
  ClipFunction activation(String tensor) {
    List<Integer> all = readers(tensor);
    if (all.size() != 1 || graphOutputs.contains(tensor)) {
      return ClipFunction.IDENTITY;
    }
    NodeProto reader = nodes.get(all.get(0));
    if (Nodes.is(reader, "Relu")) {
      return ClipFunction.RELU;
    }
    return Nodes.is(reader, "Clip") && reader.getInput(0).equals(tensor)
        ? Clips.function(reader, initializers)
        : ClipFunction.IDENTITY;
  }
}
