package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.Attributes;
import io.halfstep.model.Constants;
import io.halfstep.model.Nodes;
import io.halfstep.tensor.NonFinite;
import io.halfstep.tensor.TensorProtos;
import io.halfstep.tensor.TensorValues;
import io.halfstep.text.Figures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds the constants that can be stored as integers although their readers are not layers. */
final class StoredConstants {
  /** The scales and operators for fewer numbers take what their integers save. */
  private static final int FEWEST = 1024;

  /** A scale takes as much as so many of the integers it is for. */
  private static final int SHORTEST_ROW = 8;

  private final GraphProto graph;
  private final List<Layer> layers;
  private final Set<String> otherwiseRead;

  /** The reason why a table stays in float, by the name of a node that reads its rows. */
  private final Map<String, String> reasons = new HashMap<>();

  private final List<StoredConstant> found = new ArrayList<>();

  StoredConstants(GraphProto graph, List<Layer> layers) {
    this.graph = graph;
    this.layers = layers;
    this.otherwiseRead = otherwiseRead();
    graph.getInitializerList().stream().filter(Constants::isFloat).forEach(this::classify);
  }

  /** Returns them in the graph's order. */
  List<StoredConstant> found() {
    return List.copyOf(found);
  }

  /** Returns the nodes that stay in float, without the readers of these constants. */
  List<FloatNode> remaining(List<FloatNode> nodes) {
    Set<String> readers =
        found.stream()
            .flatMap(constant -> constant.readers().stream())
            .map(Nodes::name)
            .collect(Collectors.toSet());
    return nodes.stream()
        .filter(node -> !readers.contains(node.name()))
        .map(
            node ->
                new FloatNode(
                    node.name(), node.op(), reasons.getOrDefault(node.name(), node.reason())))
        .toList();
  }

  private void classify(TensorProto constant) {
    List<NodeProto> gathers =
        graph.getNodeList().stream()
            .filter(node -> gathersRows(node) && node.getInput(0).equals(constant.getName()))
            .toList();
    if (gathers.isEmpty() || constant.getDimsCount() < 2) {
      return;
    }
    Layer layer = layers.stream().filter(l -> hasWeight(l, constant)).findFirst().orElse(null);
    String reason = whyFloat(constant, layer);
    if (reason == null) {
      found.add(new StoredConstant(constant, gathers, layer));
    } else {
      gathers.forEach(gather -> reasons.put(Nodes.name(gather), reason));
    }
  }

  private @Nullable String whyFloat(TensorProto table, @Nullable Layer layer) {
    if (otherwiseRead.contains(table.getName())) {
      return "something else reads its table, too";
    }
    long row = table.getDims(table.getDimsCount() - 1);
    if (layer == null && (Constants.elements(table) < FEWEST || row < SHORTEST_ROW)) {
      return "its table of %s is too small to gain"
          .formatted(Figures.bytes(Constants.bytes(table)));
    }
    String found = NonFinite.of(TensorValues.single(TensorProtos.decode(table)));
    return found == null ? null : "its table holds " + found;
  }

  private static boolean gathersRows(NodeProto node) {
    return Nodes.is(node, "Gather") && Attributes.of(node).integer("axis", 0) == 0;
  }

  /** Returns the tensors that neither layers nor Gathers of their rows read. */
  private Set<String> otherwiseRead() {
    Set<String> outputs = new HashSet<>();
    layers.forEach(layer -> outputs.add(layer.output()));
    Set<String> others = new HashSet<>();
    for (NodeProto node : graph.getNodeList()) {
      Set<String> reads = new LinkedHashSet<>(Nodes.reads(node));
      if (gathersRows(node) && !node.getInput(1).equals(node.getInput(0))) {
        reads.remove(node.getInput(0));
      }
      if (!outputs.contains(node.getOutput(0))) {
        others.addAll(reads);
      }
    }
    graph.getOutputList().stream().map(ValueInfoProto::getName).forEach(others::add);
    return others;
  }

  private static boolean hasWeight(Layer layer, TensorProto table) {
    return table.getDimsCount() == 2
        && table.getDims(0) > 1
        && table.getDims(0) == layer.layout().out()
        && table.getDims(1) == layer.layout().k()
        && layer.weight().rank() == 2
        && layer.bias() == null
        && Arrays.equals(
            layer.layout().toRows(layer.weight().floats()),
            TensorValues.single(TensorProtos.decode(table)).floats());
  }
}
