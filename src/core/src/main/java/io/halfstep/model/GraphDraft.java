package io.halfstep.model;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.statistics.BatchNormStatistics;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A graph that is being rewritten. Its nodes are in topological order; an initializer is never an
 * input, nor an output.
 */
final class GraphDraft {
  private final Model source;
  private final Map<String, TensorProto> initializers = new LinkedHashMap<>();
  private final Set<String> inputs = new LinkedHashSet<>();
  private final Set<String> outputs = new LinkedHashSet<>();
  private final Set<String> names = new HashSet<>();
  private final Map<String, BatchNormStatistics> batchNorms;
  private List<NodeProto> nodes;

  GraphDraft(Model source) {
    this.source = source;
    this.batchNorms = new HashMap<>(source.batchNorms());
    GraphProto graph = source.proto().getGraph();
    List<NodeProto> unordered = new ArrayList<>();
    for (TensorProto tensor : graph.getInitializerList()) {
      initializers.put(tensor.getName(), tensor);
    }
    for (SparseTensorProto tensor : graph.getSparseInitializerList()) {
      initializers.put(tensor.getValues().getName(), SparseTensors.dense(tensor));
    }
    source.inputs().forEach(input -> inputs.add(input.name()));
    graph.getOutputList().forEach(output -> outputs.add(output.getName()));
    unordered.addAll(graph.getNodeList());
    names.addAll(inputs);
    names.addAll(initializers.keySet());
    for (NodeProto node : unordered) {
      names.addAll(Nodes.reads(node));
      names.addAll(node.getOutputList());
    }
    for (String output : outputs) {
      TensorProto tensor = initializers.remove(output);
      if (tensor != null) {
        String constant = add(output, tensor);
        unordered.replaceAll(node -> reading(node, output, constant));
        unordered.add(0, Onnx.node("Identity", List.of(constant), List.of(output)));
      }
    }
    this.nodes = sorted(unordered);
  }

  /** Returns the node with one of its inputs under another name; its bodies stay as they are. */
  private static NodeProto reading(NodeProto node, String name, String instead) {
    NodeProto.Builder renamed = node.toBuilder();
    for (int i = 0; i < node.getInputCount(); i++) {
      if (node.getInput(i).equals(name)) {
        renamed.setInput(i, instead);
      }
    }
    return renamed.build();
  }

  /**
   * Sorts topologically by Kahn's algorithm; of the nodes that are ready, the earliest comes first.
   */
  private List<NodeProto> sorted(List<NodeProto> unordered) {
    Map<String, Integer> producers = new HashMap<>();
    for (int i = 0; i < unordered.size(); i++) {
      for (String name : Nodes.makes(unordered.get(i))) {
        if (producers.put(name, i) != null
            || initializers.containsKey(name)
            || inputs.contains(name)) {
          throw new InvalidInputException(source.path() + ": tensor '" + name + "' is made twice");
        }
      }
    }
    List<List<Integer>> readers = new ArrayList<>();
    unordered.forEach(node -> readers.add(new ArrayList<>()));
    int[] missing = new int[unordered.size()];
    PriorityQueue<Integer> ready = new PriorityQueue<>();
    for (int i = 0; i < unordered.size(); i++) {
      for (String name : Nodes.reads(unordered.get(i))) {
        Integer producer = producers.get(name);
        if (producer != null) {
          readers.get(producer).add(i);
          missing[i]++;
        } else if (!initializers.containsKey(name) && !inputs.contains(name)) {
          throw new InvalidInputException(
              "%s: node '%s' reads tensor '%s', which no node produces"
                  .formatted(source.path(), Nodes.name(unordered.get(i)), name));
        }
      }
      if (missing[i] == 0) {
        ready.add(i);
      }
    }
    List<NodeProto> ordered = new ArrayList<>();
    while (!ready.isEmpty()) {
      int next = ready.remove();
      ordered.add(unordered.get(next));
      for (int reader : readers.get(next)) {
        if (--missing[reader] == 0) {
          ready.add(reader);
        }
      }
    }
    if (ordered.size() < unordered.size()) {
      throw new InvalidInputException(source.path() + ": the graph has a cycle");
    }
    return ordered;
  }

  Model source() {
    return source;
  }

  /** Returns the nodes in topological order. */
  List<NodeProto> nodes() {
    return nodes;
  }

  /** Replaces all nodes; they must be in topological order. */
  void replaceNodes(List<NodeProto> replacement) {
    nodes = List.copyOf(replacement);
  }

  boolean isOutput(String name) {
    return outputs.contains(name);
  }

  @Nullable TensorProto initializer(String name) {
    return initializers.get(name);
  }

  /** Returns the initializer of this name, if it exists and is FLOAT. */
  @Nullable Tensor floats(String name) {
    TensorProto proto = initializers.get(name);
    return proto != null && proto.getDataType() == ElementType.FLOAT.onnx()
        ? TensorProtos.decode(proto)
        : null;
  }

  /** Sets the initializer of this name. */
  void define(String name, TensorProto tensor) {
    initializers.put(name, tensor.toBuilder().setName(name).build());
  }

  /** Adds an initializer under a new name that begins with {@code name}. */
  String add(String name, TensorProto tensor) {
    String unique = unique(name);
    define(unique, tensor);
    return unique;
  }

  /** Returns a new name that begins with {@code name}. */
  String unique(String name) {
    String unique = name;
    for (int i = 1; !names.add(unique); i++) {
      unique = name + "_" + i;
    }
    return unique;
  }

  /** Keeps what a batch norm tells of the tensor that it made. */
  void keep(String tensor, BatchNormStatistics statistics) {
    batchNorms.put(tensor, statistics);
  }

  /** Counts how often each tensor is read by nodes, their bodies and the graph's outputs. */
  Map<String, Integer> uses() {
    Map<String, Integer> uses = new HashMap<>();
    outputs.forEach(name -> uses.merge(name, 1, Integer::sum));
    for (NodeProto node : nodes) {
      List<String> reads = new ArrayList<>(node.getInputList());
      Set<String> captured = new LinkedHashSet<>(Nodes.reads(node));
      reads.forEach(captured::remove);
      reads.addAll(captured);
      reads.forEach(name -> uses.merge(name, 1, Integer::sum));
    }
    return uses;
  }

  /** Removes the nodes and initializers that no output needs. */
  void prune() {
    Set<String> needed = new HashSet<>(outputs);
    List<NodeProto> kept = new ArrayList<>();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      NodeProto node = nodes.get(i);
      if (Nodes.makes(node).stream().anyMatch(needed::contains)) {
        needed.addAll(Nodes.reads(node));
        kept.add(0, node);
      }
    }
    nodes = List.copyOf(kept);
    initializers.keySet().retainAll(needed);
  }

  Model model() {
    GraphProto graph = source.proto().getGraph();
    Set<String> made = new HashSet<>();
    nodes.forEach(node -> made.addAll(node.getOutputList()));
    GraphProto.Builder draft =
        graph.toBuilder()
            .clearNode()
            .addAllNode(nodes)
            .clearInitializer()
            .addAllInitializer(initializers.values())
            .clearSparseInitializer()
            .clearQuantizationAnnotation()
            .clearInput()
            .clearValueInfo();
    for (ValueInfoProto input : graph.getInputList()) {
      if (inputs.contains(input.getName())) {
        draft.addInput(input);
      }
    }
    for (ValueInfoProto value : graph.getValueInfoList()) {
      if (made.contains(value.getName())) {
        draft.addValueInfo(value);
      }
    }
    ModelProto.Builder proto = source.proto().toBuilder().setGraph(draft).clearTrainingInfo();
    // Initializers that are not inputs came with version 4.
    proto.setIrVersion(Math.max(4, proto.getIrVersion()));
    return source.changed(proto.build(), batchNorms);
  }
}
