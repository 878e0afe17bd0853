package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Conditional.Taken;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.graph.Stage.OperatorStage;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.LayerOperators;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.model.TensorTypes;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram.Port;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Cuts a folded model into stages.
 *
 * <p>The level of a tensor is the number of layers on the longest way to it. Each layer is a stage;
 * connected other nodes of one level form a stage. An operator stage of level <i>l</i> thus reads
 * layers up to level <i>l</i> and operators below it, a layer of level <i>l</i> reads only lower
 * levels. So in the order of levels, with layers first in each, every stage follows the stages that
 * it reads.
 *
 * <p>A layer's input may be quantized where it is produced, and then all its readers see it
 * quantized. So it always crosses a stage boundary: operators of the same level that read it, too,
 * are after a cut, and stages of one level are ordered by the number of cuts before them. The same
 * holds for every tensor of the {@link ActivationSites}.
 *
 * <p>Constant nodes that folding left because they give no tensor of numbers are repeated in the
 * program of each stage that reads them. Nodes that read no activation but are not constant (random
 * numbers, a constant output of the graph) get the graph's first input, so that they are computed
 * once per batch.
 */
final class Partition {
  /** The nodes of a stage, ascending, and its input and output tensors. */
  private record Group(
      boolean layer,
      int level,
      int cuts,
      Set<Integer> nodes,
      List<String> inputs,
      List<String> outputs) {}

  private final Model model;
  private final Map<String, Taken> taken;
  private final NodeIndex index;
  private final ActivationSites sites;
  private final Set<String> quantized;
  private final int[] levels;
  private final int[] cuts;
  private int operatorStages;

  private Partition(Model model, Map<String, Taken> taken, ActivationSites sites) {
    this.model = model;
    this.taken = taken;
    this.index = new NodeIndex(model, taken);
    this.sites = sites;
    this.quantized = sites.tensors();
    this.levels = new int[index.size()];
    this.cuts = new int[index.size()];
  }

  /**
   * @param taken what is known of {@code If} nodes, by their first outputs
   * @param sites the tensors that are quantized beside the layers' inputs
   */
  static StageGraph of(Model folded, Map<String, Taken> taken, ActivationSites sites) {
    return new Partition(folded, taken, sites).stages();
  }

  private StageGraph stages() {
    if (index.conditionals().stream().noneMatch(c -> c.taken() == Taken.UNKNOWN)) {
      requireLayers();
    }
    List<Group> groups = groups();
    Programs programs = new Programs(model.proto(), index.initializers(), types(groups));
    LayerReader layerReader = new LayerReader(index.initializers());
    Set<String> names = new HashSet<>();
    List<Stage> stages = new ArrayList<>();
    for (Group group : groups) {
      stages.add(
          group.layer()
              ? layerStage(group, layerReader, programs, names)
              : operatorStage(group, programs, names));
    }
    StoredConstants stored = new StoredConstants(model.proto().getGraph(), layers(stages), taken);
    return new StageGraph(
        model,
        List.copyOf(stages),
        stored.remaining(floatNodes()),
        stored.found(),
        List.copyOf(index.quantizedNodes()),
        List.copyOf(index.conditionals()),
        sites);
  }

  /** Products of two quantized activations are none of these. */
  private List<FloatNode> floatNodes() {
    Set<String> products = new HashSet<>();
    for (int i = 0; i < index.size(); i++) {
      NodeProto node = index.node(i);
      if (IntegerOperators.multipliesActivations(node)
          && quantized.containsAll(node.getInputList())) {
        products.add(Nodes.name(node));
      }
    }
    return index.floatNodes().stream().filter(node -> !products.contains(node.name())).toList();
  }

  private static List<Layer> layers(List<Stage> stages) {
    return stages.stream()
        .filter(LayerStage.class::isInstance)
        .map(stage -> ((LayerStage) stage).layer())
        .toList();
  }

  private void requireLayers() {
    if (!index.hasLayers() && !index.quantizedNodes().isEmpty()) {
      throw new InvalidInputException(
          "%s: is already quantized, nothing is left to quantize: %s; start from the float model"
              .formatted(model.path(), StageGraph.describe(index.quantizedNodes())));
    }
    if (!index.hasLayers()) {
      String why =
          index.floatNodes().stream()
              .findFirst()
              .map(node -> "; '" + node.name() + "' stays in float: " + node.reason())
              .orElse("");
      throw new InvalidInputException(
          model.path()
              + ": nothing to quantize, no "
              + LayerOperators.names()
              + " has a constant FLOAT weight"
              + why);
    }
  }

  private List<Group> groups() {
    int[] root = new int[index.size()];
    for (int i = 0; i < index.size(); i++) {
      root[i] = i;
      rank(i);
      connect(i, root);
    }
    Map<Integer, Set<Integer>> members = new HashMap<>();
    for (int i = 0; i < index.size(); i++) {
      if (!index.isConstant(i)) {
        members.computeIfAbsent(find(root, i), r -> new TreeSet<>()).add(i);
      }
    }
    return members.entrySet().stream()
        .map(entry -> group(entry.getKey(), entry.getValue()))
        .sorted(
            Comparator.comparing(Group::level)
                .thenComparing(group -> group.layer() ? 0 : 1)
                .thenComparing(Group::cuts)
                .thenComparing(group -> group.nodes().iterator().next()))
        .toList();
  }

  /** Determines a node's level and the number of cuts before it within the level. */
  private void rank(int i) {
    for (String name : Nodes.reads(index.node(i))) {
      Integer producer = index.producer(name);
      if (producer != null) {
        levels[i] = Math.max(levels[i], levels[producer]);
      }
    }
    if (index.isLayer(i)) {
      levels[i]++;
      return;
    }
    for (String name : Nodes.reads(index.node(i))) {
      Integer producer = index.producer(name);
      if (producer != null && levels[producer] == levels[i] && !index.isLayer(producer)) {
        int cut = !index.isConstant(producer) && isQuantized(name) ? 1 : 0;
        cuts[i] = Math.max(cuts[i], cuts[producer] + cut);
      }
    }
  }

  private boolean isQuantized(String tensor) {
    return index.isReadByLayer(tensor) || quantized.contains(tensor);
  }

  /** Joins an operator with the operators that it reads, if no cut is between them (union-find). */
  private void connect(int i, int[] root) {
    if (index.isLayer(i) || index.isConstant(i)) {
      return;
    }
    for (String name : Nodes.reads(index.node(i))) {
      Integer producer = index.producer(name);
      if (producer != null
          && levels[producer] == levels[i]
          && cuts[producer] == cuts[i]
          && !index.isLayer(producer)
          && !index.isConstant(producer)) {
        root[find(root, producer)] = find(root, i);
      }
    }
  }

  private static int find(int[] root, int i) {
    while (root[i] != i) {
      root[i] = root[root[i]];
      i = root[i];
    }
    return i;
  }

  private Group group(int representative, Set<Integer> nodes) {
    Set<String> made = new LinkedHashSet<>();
    Set<String> read = new LinkedHashSet<>();
    for (int i : nodes) {
      made.addAll(Nodes.makes(index.node(i)));
      read.addAll(Nodes.reads(index.node(i)));
    }
    read.removeIf(name -> made.contains(name) || index.isConstant(name));
    if (read.isEmpty()) {
      model.inputs().stream().findFirst().ifPresent(input -> read.add(input.name()));
    }
    made.removeIf(name -> !index.isNeededOutside(name, nodes));
    return new Group(
        index.isLayer(representative),
        levels[representative],
        cuts[representative],
        nodes,
        List.copyOf(read),
        List.copyOf(made));
  }

  /** Returns the element types of the tensors between stages. */
  private Map<String, ElementType> types(List<Group> groups) {
    Set<String> boundary = new LinkedHashSet<>();
    for (Group group : groups) {
      boundary.addAll(group.inputs());
      boundary.addAll(group.outputs());
    }
    Map<String, Port> ports = TensorTypes.infer(model, boundary);
    Map<String, ElementType> types = new HashMap<>();
    for (String name : boundary) {
      Port port = ports.get(name);
      ElementType type = port == null ? null : port.type();
      if (type == null) {
        throw new InvalidInputException(
            model.path()
                + ": tensor '"
                + name
                + "' crosses from one stage to another and is not a tensor of numbers;"
                + " such graphs are not supported");
      }
      types.put(name, type);
    }
    return types;
  }

  private Stage layerStage(
      Group group, LayerReader layerReader, Programs programs, Set<String> names) {
    NodeProto node = index.node(group.nodes().iterator().next());
    String name = unique(Nodes.name(node), names);
    Layer layer = layerReader.read(name, node, index.activation(node.getOutput(0)));
    return new LayerStage(
        name, group.level(), group.inputs(), group.outputs(), layer, programs.layer(layer));
  }

  private Stage operatorStage(Group group, Programs programs, Set<String> names) {
    List<NodeProto> nodes = withConstants(group.nodes()).stream().map(index::node).toList();
    List<String> operators = nodes.stream().map(NodeProto::getOpType).toList();
    return new OperatorStage(
        unique("operators-" + ++operatorStages, names),
        group.level(),
        group.inputs(),
        group.outputs(),
        operators,
        programs.operators(nodes, group.inputs(), group.outputs()));
  }

  private static String unique(String name, Set<String> names) {
    String unique = name;
    for (int i = 2; !names.add(unique); i++) {
      unique = name + "-" + i;
    }
    return unique;
  }

  /** Returns the nodes and the constant nodes that they depend on, ascending. */
  private Set<Integer> withConstants(Set<Integer> nodes) {
    TreeSet<Integer> all = new TreeSet<>(nodes);
    List<Integer> open = new ArrayList<>(nodes);
    while (!open.isEmpty()) {
      for (String name : Nodes.reads(index.node(open.remove(open.size() - 1)))) {
        Integer producer = index.producer(name);
        if (producer != null && index.isConstant(producer) && all.add(producer)) {
          open.add(producer);
        }
      }
    }
    return all;
  }
}
