package io.halfstep.graph;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.graph.ActivationSites.Site;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.model.TensorTypes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Finds the {@link ActivationSites}: decides tensor by tensor in the graph's order. */
final class SiteSearch {
  private final StageGraph graph;
  private final NodeIndex index;
  private final IntegerOperators operators;
  private final Set<String> floats;
  private final Map<String, Layer> layers = new HashMap<>();
  private final Predicate<Layer> quantized;

  /** The quantized tensors, each with another one of its site, at last with the first one. */
  private final Map<String, String> roots = new LinkedHashMap<>();

  private final Set<String> fused = new HashSet<>();
  private final Set<String> copies = new HashSet<>();
  private final Set<String> unit = new HashSet<>();
  private final List<FloatNode> left = new ArrayList<>();

  SiteSearch(StageGraph graph, Predicate<Layer> quantized) {
    this.graph = graph;
    this.quantized = quantized;
    index = new NodeIndex(graph.model(), graph.taken());
    operators = new IntegerOperators(index.initializers());
    graph.layers().forEach(layer -> layers.put(layer.output(), layer));
    Set<String> tensors = new LinkedHashSet<>();
    for (int i = 0; i < index.size(); i++) {
      tensors.addAll(Nodes.makes(index.node(i)));
    }
    floats = TensorTypes.floats(graph.model(), tensors);
    floats.removeIf(index::isConstant);
  }

  ActivationSites sites() {
    for (Model.Port input : graph.model().inputs()) {
      String name = input.name();
      if (floats.contains(name)
          && !index.isReadInside(name)
          && !isReadInFloat(name)
          && readers(name).stream().anyMatch(node -> whyFloat(node) == null)) {
        roots.put(name, name);
      }
    }
    for (int i = 0; i < index.size(); i++) {
      if (!index.isConstant(i)) {
        decide(index.node(i));
      }
    }
    Map<String, List<String>> sites = new LinkedHashMap<>();
    roots
        .keySet()
        .forEach(name -> sites.computeIfAbsent(root(name), r -> new ArrayList<>()).add(name));
    return new ActivationSites(
        sites.values().stream().map(this::site).toList(), List.copyOf(left), true);
  }

  private Site site(List<String> tensors) {
    List<String> computed = tensors.stream().filter(name -> !copies.contains(name)).toList();
    return new Site(List.copyOf(tensors), computed, unit.containsAll(computed));
  }

  private void decide(NodeProto node) {
    List<String> made = Nodes.makes(node).stream().filter(floats::contains).toList();
    if (made.isEmpty()) {
      return;
    }
    String why = whyFloat(node);
    String inFloat = why == null ? whyInputsAreFloat(node) : why;
    if (inFloat != null) {
      left.add(new FloatNode(Nodes.name(node), node.getOpType(), inFloat));
    }
    for (String name : made) {
      if (isReadInFloat(name)) {
        continue;
      }
      if (inFloat == null && isFused(node, name)) {
        fused.add(name);
      } else if (inFloat == null || isReadByProduct(name)) {
        roots.put(name, name);
        if (IntegerOperators.isUnit(node)) {
          unit.add(name);
        }
      }
    }
    if (inFloat == null) {
      share(node, made);
    }
  }

  /** Returns why no runtime computes the node in integers; null if one does. */
  private @Nullable String whyFloat(NodeProto node) {
    Layer layer = layers.get(node.getOutput(0));
    if (layer != null && !quantized.test(layer)) {
      return "the plan leaves it, or its input, in float";
    }
    return operators.isInteger(node) ? null : "integer runtimes have no kernel for it";
  }

  private @Nullable String whyInputsAreFloat(NodeProto node) {
    List<String> read = activations(node);
    if (read.isEmpty()) {
      return "it makes real numbers of integers or constants";
    }
    for (String name : read) {
      if (!roots.containsKey(name) && !fused.contains(name)) {
        return "its input '" + name + "' is in float";
      }
    }
    return null;
  }

  private List<String> activations(NodeProto node) {
    return Nodes.reads(node).stream().filter(floats::contains).toList();
  }

  private List<NodeProto> readers(String tensor) {
    return index.readers(tensor).stream().map(index::node).toList();
  }

  private boolean isReadInFloat(String tensor) {
    return readers(tensor).stream()
        .map(node -> layers.get(node.getOutput(0)))
        .anyMatch(layer -> layer != null && !quantized.test(layer));
  }

  private boolean isReadByProduct(String tensor) {
    return readers(tensor).stream().anyMatch(IntegerOperators::isProduct);
  }

  /** Returns whether runtimes compute the tensor's only reader together with its producer. */
  private boolean isFused(NodeProto producer, String tensor) {
    List<NodeProto> readers = readers(tensor);
    if (readers.size() != 1 || index.isGraphOutput(tensor) || operators.copies(producer)) {
      return false;
    }
    NodeProto reader = readers.get(0);
    boolean first = reader.getInputCount() > 0 && reader.getInput(0).equals(tensor);
    Layer layer = layers.get(producer.getOutput(0));
    return (first && (Nodes.is(reader, "Relu") || Nodes.is(reader, "Clip")))
        || (layer != null
            && layer.bias() == null
            && Nodes.is(reader, "Add")
            && activations(reader).equals(List.of(tensor)));
  }

  /** Joins what has the same values (union-find). */
  private void share(NodeProto node, List<String> made) {
    boolean concatenation = IntegerOperators.isConcatenation(node);
    if (!concatenation && !operators.copies(node)) {
      return;
    }
    List<String> read = activations(node);
    if (concatenation && read.size() < Set.copyOf(node.getInputList()).size()) {
      return; // the others are constants, whose values may be beyond
    }
    if (!concatenation && !node.getInput(0).equals(read.get(0))) {
      return;
    }
    for (String name : made) {
      if (roots.containsKey(name)) {
        (concatenation ? read : read.subList(0, 1))
            .forEach(from -> roots.put(root(name), root(from)));
        copies.add(name);
      }
    }
  }

  private String root(String name) {
    String next = requireNonNull(roots.get(name));
    return next.equals(name) ? name : root(next);
  }
}
