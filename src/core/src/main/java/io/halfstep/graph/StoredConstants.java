package io.halfstep.graph;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.graph.StoredConstant.Use;
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

  private static final Set<String> RECURRENT = Set.of("LSTM", "GRU", "RNN");

  private static final String WEIGHTS_ONLY =
      "it computes in float; its weights are stored as integers, rounded to nearest";

  private final List<Layer> layers;

  /** The nodes that read a constant as integers would do, by its name. */
  private final Map<String, List<NodeProto>> readers = new HashMap<>();

  private final Map<String, Use> uses = new HashMap<>();
  private final Set<String> otherwiseRead = new HashSet<>();

  /** Why nodes stay in float, by their names. */
  private final Map<String, String> reasons = new HashMap<>();

  private final List<StoredConstant> found = new ArrayList<>();

  StoredConstants(GraphProto graph, List<Layer> layers) {
    this.layers = layers;
    Set<String> outputs = layers.stream().map(Layer::output).collect(Collectors.toSet());
    graph.getNodeList().stream()
        .filter(node -> !outputs.contains(node.getOutput(0)))
        .forEach(this::collect);
    graph.getOutputList().stream().map(ValueInfoProto::getName).forEach(otherwiseRead::add);
    graph.getInitializerList().stream()
        .filter(constant -> readers.containsKey(constant.getName()))
        .filter(constant -> Constants.isFloat(constant) && constant.getDimsCount() > 1)
        .forEach(this::classify);
  }

  /** Returns them in the graph's order. */
  List<StoredConstant> found() {
    return List.copyOf(found);
  }

  /** Returns the nodes that stay in float, with their reasons: not those that only read rows. */
  List<FloatNode> remaining(List<FloatNode> nodes) {
    Set<String> readRows = new HashSet<>();
    for (StoredConstant constant : found) {
      for (NodeProto reader : constant.readers()) {
        if (constant.use() == Use.ROWS) {
          readRows.add(Nodes.name(reader));
        } else {
          reasons.put(Nodes.name(reader), WEIGHTS_ONLY);
        }
      }
    }
    return nodes.stream()
        .filter(node -> !readRows.contains(node.name()))
        .map(
            node ->
                new FloatNode(
                    node.name(), node.op(), reasons.getOrDefault(node.name(), node.reason())))
        .toList();
  }

  private void collect(NodeProto node) {
    Set<String> captured = Nodes.reads(node);
    for (int slot = 0; slot < node.getInputCount(); slot++) {
      String name = node.getInput(slot);
      captured.remove(name);
      Use use = use(node, slot);
      Use before = use == null ? null : uses.putIfAbsent(name, use);
      if (use == null || (before != null && before != use)) {
        otherwiseRead.add(name);
      } else {
        readers.computeIfAbsent(name, n -> new ArrayList<>()).add(node);
      }
    }
    otherwiseRead.addAll(captured);
  }

  private static @Nullable Use use(NodeProto node, int slot) {
    if (Nodes.is(node, "Gather") && slot == 0 && Attributes.of(node).integer("axis", 0) == 0) {
      return Use.ROWS;
    }
    boolean recurrent = Nodes.isStandard(node) && RECURRENT.contains(node.getOpType());
    return recurrent && (slot == 1 || slot == 2) ? Use.WHOLE : null;
  }

  private void classify(TensorProto constant) {
    String name = constant.getName();
    List<NodeProto> nodes = readers.getOrDefault(name, List.of());
    Use use = requireNonNull(uses.get(name));
    Layer layer =
        use == Use.WHOLE
            ? null
            : layers.stream().filter(l -> hasWeight(l, constant)).findFirst().orElse(null);
    String reason = whyFloat(constant, layer);
    if (reason == null) {
      found.add(new StoredConstant(constant, use, List.copyOf(nodes), layer));
    } else {
      nodes.forEach(node -> reasons.put(Nodes.name(node), reason));
    }
  }

  private @Nullable String whyFloat(TensorProto constant, @Nullable Layer layer) {
    if (otherwiseRead.contains(constant.getName())) {
      return "something else reads its '%s', too".formatted(constant.getName());
    }
    long row = constant.getDims(constant.getDimsCount() - 1);
    if (layer == null && (Constants.elements(constant) < FEWEST || row < SHORTEST_ROW)) {
      return "its '%s' of %s is too small to gain"
          .formatted(constant.getName(), Figures.bytes(Constants.bytes(constant)));
    }
    String notFinite = NonFinite.of(TensorValues.single(TensorProtos.decode(constant)));
    return notFinite == null ? null : "its '%s' holds %s".formatted(constant.getName(), notFinite);
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
