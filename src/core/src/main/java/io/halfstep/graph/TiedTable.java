package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.Attributes;
import io.halfstep.model.Constants;
import io.halfstep.model.Nodes;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.TensorProtos;
import io.halfstep.text.Figures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A table that is also a layer's weight: the embedding and the last layer of a language model.
 * Nothing but Gathers of its rows and layers read it.
 *
 * @param name the table's name, an initializer {@code [out, K]}
 * @param bytes its size
 * @param gathers the names of the nodes that read its rows
 * @param layer the first layer with this weight, which may be a transposed copy of the table
 */
public record TiedTable(String name, long bytes, List<String> gathers, Layer layer) {
  static List<TiedTable> of(GraphProto graph, List<Layer> layers) {
    Set<String> others = otherwiseRead(graph, layers);
    List<TiedTable> tied = new ArrayList<>();
    for (TensorProto table : graph.getInitializerList()) {
      List<String> gathers =
          graph.getNodeList().stream()
              .filter(node -> gathersRows(node) && node.getInput(0).equals(table.getName()))
              .map(Nodes::name)
              .toList();
      if (!gathers.isEmpty() && !others.contains(table.getName())) {
        layers.stream()
            .filter(layer -> hasWeight(layer, table))
            .findFirst()
            .ifPresent(
                layer ->
                    tied.add(
                        new TiedTable(table.getName(), Constants.bytes(table), gathers, layer)));
      }
    }
    return tied;
  }

  private static boolean gathersRows(NodeProto node) {
    return Nodes.is(node, "Gather") && Attributes.of(node).integer("axis", 0) == 0;
  }

  /** Returns the tensors that something else reads. */
  private static Set<String> otherwiseRead(GraphProto graph, List<Layer> layers) {
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
    return table.getDataType() == ElementType.FLOAT.onnx()
        && table.getDimsCount() == 2
        && table.getDims(0) > 1
        && table.getDims(0) == layer.layout().out()
        && table.getDims(1) == layer.layout().k()
        && layer.weight().rank() == 2
        && layer.bias() == null
        && Arrays.equals(
            layer.layout().toRows(layer.weight().floats()), TensorProtos.decode(table).floats());
  }

  /** Completes what is said of the Gathers. */
  static List<FloatNode> explained(List<FloatNode> nodes, List<TiedTable> tied) {
    return nodes.stream()
        .map(
            node ->
                tied.stream()
                    .filter(table -> table.gathers().contains(node.name()))
                    .findFirst()
                    .map(table -> table.explained(node))
                    .orElse(node))
        .toList();
  }

  private FloatNode explained(FloatNode node) {
    return new FloatNode(
        node.name(),
        node.op(),
        "its table is also the weight of '%s'; if that has 8 bits per channel, the file holds it once, as integers, otherwise twice: another %s in float"
            .formatted(layer.name(), Figures.bytes(bytes)));
  }
}
