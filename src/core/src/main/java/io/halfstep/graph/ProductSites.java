package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.graph.ActivationSites.Site;
import io.halfstep.model.TensorTypes;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The inputs of the MatMuls of two activations: queries and keys, attention and values. They are
 * quantized where only such MatMuls read them, and only if both inputs of each of these are: with
 * one of them in float, a runtime multiplies in float.
 */
final class ProductSites {
  private final NodeIndex index;
  private final Set<Integer> products = new LinkedHashSet<>();
  private final Set<String> floats;

  ProductSites(StageGraph graph) {
    index = new NodeIndex(graph.model(), graph.taken());
    Set<String> read = new LinkedHashSet<>();
    for (int i = 0; i < index.size(); i++) {
      NodeProto node = index.node(i);
      if (IntegerOperators.multipliesActivations(node)
          && node.getInputList().stream().noneMatch(index::isConstant)) {
        products.add(i);
        read.addAll(node.getInputList());
      }
    }
    floats = TensorTypes.floats(graph.model(), read);
  }

  ActivationSites sites() {
    while (products.removeIf(i -> !index.node(i).getInputList().stream().allMatch(this::isSite))) {
      // a tensor that one of the others reads as well may now be read in float
    }
    Set<String> tensors = new LinkedHashSet<>();
    for (int i : products) {
      tensors.addAll(index.node(i).getInputList());
    }
    return new ActivationSites(tensors.stream().map(this::site).toList(), List.of(), false);
  }

  private boolean isSite(String tensor) {
    return floats.contains(tensor)
        && !index.isGraphOutput(tensor)
        && products.containsAll(index.readers(tensor));
  }

  private Site site(String tensor) {
    Integer producer = index.producer(tensor);
    boolean unit = producer != null && IntegerOperators.isUnit(index.node(producer));
    return new Site(List.of(tensor), List.of(tensor), unit);
  }
}
