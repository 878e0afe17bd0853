package io.halfstep.graph;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.graph.Conditional.Taken;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.graph.StoredConstant.Use;
import io.halfstep.model.Attributes;
import io.halfstep.model.Constants;
import io.halfstep.model.LayerOperator;
import io.halfstep.model.LayerOperators;
import io.halfstep.model.Nodes;
import io.halfstep.model.WeightLayout;
import io.halfstep.tensor.NonFinite;
import io.halfstep.tensor.TensorProtos;
import io.halfstep.tensor.TensorValues;
import io.halfstep.text.Figures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
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
      "its weights are stored as integers, rounded to nearest";

  /** How a node reads a constant. */
  private record Read(Use use, WeightLayout layout) {
    boolean isAs(Read other) {
      return use == other.use && layout.hasRowsOf(other.layout);
    }
  }

  /** Returns how a node reads a constant in an input slot; null if integers would not do. */
  @FunctionalInterface
  private interface Reading {
    @Nullable Read of(NodeProto node, int slot, TensorProto constant);
  }

  private final List<Layer> layers;
  private final Map<String, Taken> taken;
  private final Map<String, TensorProto> constants = new LinkedHashMap<>();

  /** The nodes that read a constant as integers would do, by its name. */
  private final Map<String, List<NodeProto>> readers = new HashMap<>();

  private final Map<String, Read> reads = new HashMap<>();
  private final Set<String> otherwiseRead = new HashSet<>();

  /** Why nodes stay in float, by their names. */
  private final Map<String, String> reasons = new HashMap<>();

  /** What is said of the weights of nodes in bodies, by their names. */
  private final Map<String, String> inBodies = new HashMap<>();

  private final List<StoredConstant> found = new ArrayList<>();

  /**
   * @param taken what is known of {@code If} nodes, by their first outputs
   */
  StoredConstants(GraphProto graph, List<Layer> layers, Map<String, Taken> taken) {
    this.layers = layers;
    this.taken = taken;
    graph.getInitializerList().stream()
        .filter(constant -> Constants.isFloat(constant) && constant.getDimsCount() > 1)
        .filter(constant -> Constants.elements(constant) > 0)
        .forEach(constant -> constants.put(constant.getName(), constant));
    Set<String> outputs = layers.stream().map(Layer::output).collect(Collectors.toSet());
    for (NodeProto node : graph.getNodeList()) {
      if (!outputs.contains(node.getOutput(0))) {
        collect(node, this::outside, Set.of());
        inBodies(node, Set.of(), true);
      }
    }
    graph.getOutputList().stream().map(ValueInfoProto::getName).forEach(otherwiseRead::add);
    constants.values().stream()
        .filter(constant -> readers.containsKey(constant.getName()))
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
        switch (constant.use()) {
          case ROWS -> readRows.add(Nodes.name(reader));
          case WHOLE -> reasons.put(Nodes.name(reader), "it computes in float; " + WEIGHTS_ONLY);
          case WEIGHT -> inBodies.put(Nodes.name(reader), WEIGHTS_ONLY);
        }
      }
    }
    return nodes.stream()
        .filter(node -> !readRows.contains(node.name()))
        .map(node -> new FloatNode(node.name(), node.op(), reason(node)))
        .toList();
  }

  /** A node of a body has a reason already: the body. */
  private String reason(FloatNode node) {
    String inBody = inBodies.get(node.name());
    return inBody == null
        ? reasons.getOrDefault(node.name(), node.reason())
        : node.reason() + "; " + inBody;
  }

  /**
   * @param own the tensors that the bodies around the node define
   */
  private void collect(NodeProto node, Reading reading, Set<String> own) {
    for (int slot = 0; slot < node.getInputCount(); slot++) {
      String name = node.getInput(slot);
      TensorProto constant = own.contains(name) ? null : constants.get(name);
      if (constant == null) {
        continue;
      }
      Read read = reading.of(node, slot, constant);
      Read before = read == null ? null : reads.putIfAbsent(name, read);
      if (read == null || (before != null && !read.isAs(before))) {
        otherwiseRead.add(name);
      } else {
        readers.computeIfAbsent(name, n -> new ArrayList<>()).add(node);
      }
    }
  }

  /**
   * @param own the tensors that the bodies around the node define
   * @param reachable whether samples may turn the node into one outside of all bodies
   */
  private void inBodies(NodeProto node, Set<String> own, boolean reachable) {
    boolean open = reachable && Conditional.isOpen(node, taken);
    for (GraphProto body : Nodes.bodies(node)) {
      Set<String> ofBody = new HashSet<>(own);
      ofBody.addAll(Nodes.defines(body));
      for (NodeProto inner : body.getNodeList()) {
        collect(inner, open ? (n, slot, constant) -> null : this::inside, ofBody);
        inBodies(inner, ofBody, open);
      }
      body.getOutputList().stream()
          .map(ValueInfoProto::getName)
          .filter(name -> !ofBody.contains(name))
          .forEach(otherwiseRead::add);
    }
  }

  private @Nullable Read outside(NodeProto node, int slot, TensorProto constant) {
    if (Nodes.is(node, "Gather") && slot == 0 && Attributes.of(node).integer("axis", 0) == 0) {
      return new Read(Use.ROWS, WeightLayout.ofLastAxis(shape(constant)));
    }
    return recurrent(node, slot, constant);
  }

  private @Nullable Read inside(NodeProto node, int slot, TensorProto constant) {
    LayerOperator operator = LayerOperators.of(node);
    if (operator == null || slot != 1 || operator.whyFloat(shape(constant)) != null) {
      return recurrent(node, slot, constant);
    }
    return new Read(Use.WEIGHT, operator.layout(node, TensorProtos.onDemand(constant)));
  }

  private static @Nullable Read recurrent(NodeProto node, int slot, TensorProto constant) {
    boolean recurrent = Nodes.isStandard(node) && RECURRENT.contains(node.getOpType());
    return recurrent && (slot == 1 || slot == 2)
        ? new Read(Use.WHOLE, WeightLayout.ofLastAxis(shape(constant)))
        : null;
  }

  private static long[] shape(TensorProto tensor) {
    return tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
  }

  private void classify(TensorProto constant) {
    String name = constant.getName();
    List<NodeProto> nodes = readers.getOrDefault(name, List.of());
    Read read = requireNonNull(reads.get(name));
    Layer layer =
        read.use() == Use.ROWS
            ? layers.stream().filter(l -> hasWeight(l, constant)).findFirst().orElse(null)
            : null;
    String reason = whyFloat(constant, read.layout(), layer);
    if (reason == null) {
      found.add(new StoredConstant(constant, read.use(), read.layout(), List.copyOf(nodes), layer));
    } else {
      Map<String, String> all = read.use() == Use.WEIGHT ? inBodies : reasons;
      nodes.forEach(node -> all.put(Nodes.name(node), reason));
    }
  }

  private @Nullable String whyFloat(
      TensorProto constant, WeightLayout layout, @Nullable Layer layer) {
    if (otherwiseRead.contains(constant.getName())) {
      return "something else reads its '%s', too".formatted(constant.getName());
    }
    if (layer == null && (Constants.elements(constant) < FEWEST || layout.k() < SHORTEST_ROW)) {
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
