package io.halfstep.transform;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.graph.Clips;
import io.halfstep.graph.Layer;
import io.halfstep.graph.SpatialMean;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Attributes;
import io.halfstep.model.Nodes;
import io.halfstep.tensor.ClipFunction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the {@link LayerPair}s of a network. */
final class LayerPairs {
  private static final Set<String> BY_CHANNEL =
      Set.of("Relu", "LeakyRelu", "PRelu", "Identity", "Dropout");
  private static final Set<String> POOLS =
      Set.of("MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool");
  private static final Set<String> RESHAPES = Set.of("Flatten", "Reshape", "Squeeze");
  private static final Set<String> GLOBAL_POOLS = Set.of("GlobalAveragePool", "GlobalMaxPool");

  private final boolean throughClips;
  private final Map<String, TensorProto> constants = new HashMap<>();
  private final Map<String, List<NodeProto>> readers = new HashMap<>();
  private final Map<String, Layer> layers = new HashMap<>();
  private final Set<String> outputs = new HashSet<>();

  private LayerPairs(StageGraph graph, boolean throughClips) {
    this.throughClips = throughClips;
    var proto = graph.model().proto().getGraph();
    proto.getInitializerList().forEach(tensor -> constants.put(tensor.getName(), tensor));
    proto.getOutputList().forEach(output -> outputs.add(output.getName()));
    for (NodeProto node : proto.getNodeList()) {
      for (String name : Nodes.reads(node)) {
        readers.computeIfAbsent(name, n -> new ArrayList<>()).add(node);
      }
    }
    graph.layers().forEach(layer -> layers.put(layer.output(), layer));
  }

  /** Returns the pairs in the graph's order. */
  static List<LayerPair> of(StageGraph graph, boolean throughClips) {
    LayerPairs search = new LayerPairs(graph, throughClips);
    List<LayerPair> pairs = new ArrayList<>();
    for (Layer layer : graph.layers()) {
      LayerPair pair = search.from(layer);
      if (pair != null) {
        pairs.add(pair);
      }
    }
    return pairs;
  }

  private @Nullable LayerPair from(Layer first) {
    Map<String, Float> clips = new HashMap<>();
    boolean pooled = false;
    boolean reshaped = false;
    boolean passesShifts = true;
    NodeProto node = onlyReader(first.output());
    while (node != null) {
      Layer second = layers.get(node.getOutput(0));
      if (second != null) {
        boolean fits =
            reshaped
                ? pooled || first.channelsAreLast()
                : first.channelsAreLast() == second.channelsAreLast();
        return fits
                && !isStack(first)
                && !isStack(second)
                && second.inputChannels() == first.layout().out()
                && ownWeights(first, second)
            ? new LayerPair(first, second, clips, passesShifts)
            : null;
      }
      if (!first.channelsAreLast() && SpatialMean.is(node, first.weight().rank(), constants)) {
        pooled = true;
        reshaped |= Attributes.of(node).integer("keepdims", 1) == 0;
      } else if (RESHAPES.contains(node.getOpType())) {
        reshaped = true;
      } else if (throughClips && isLimit(node) && !reshaped) {
        clips.put(node.getOutput(0), Clips.function(node, constants).highest());
      } else if (!passesChannels(node, first) || reshaped) {
        return null;
      }
      passesShifts &= !averagesZeros(node);
      pooled |= GLOBAL_POOLS.contains(node.getOpType());
      node = onlyReader(node.getOutput(0));
    }
    return null;
  }

  /** Returns whether a node takes the mean over zeros of its padding as well. */
  private static boolean averagesZeros(NodeProto node) {
    return Nodes.is(node, "AveragePool")
        && Attributes.of(node).integer("count_include_pad", 0) != 0;
  }

  /** Returns the node that reads a tensor as its first input, if nothing else reads it. */
  private @Nullable NodeProto onlyReader(String tensor) {
    List<NodeProto> all = readers.getOrDefault(tensor, List.of());
    boolean only = all.size() == 1 && !outputs.contains(tensor);
    return only && all.get(0).getInput(0).equals(tensor) ? all.get(0) : null;
  }

  /** A stack of matrices makes and reads the same channels several times. */
  private static boolean isStack(Layer layer) {
    return layer.channelsAreLast() && layer.layout().groups() > 1;
  }

  private boolean ownWeights(Layer first, Layer second) {
    List<String> parameters =
        new ArrayList<>(List.of(first.node().getInput(1), second.node().getInput(1)));
    if (first.bias() != null) {
      parameters.add(first.node().getInput(2));
    }
    return parameters.stream().allMatch(name -> readers.getOrDefault(name, List.of()).size() == 1);
  }

  /** Returns whether a node computes each channel from that channel; pools need axes behind it. */
  private static boolean passesChannels(NodeProto node, Layer first) {
    return BY_CHANNEL.contains(node.getOpType())
        || (POOLS.contains(node.getOpType()) && !first.channelsAreLast());
  }

  /** Returns whether a node is {@code Clip(0, c)}. */
  private boolean isLimit(NodeProto node) {
    if (!Nodes.is(node, "Clip")) {
      return false;
    }
    ClipFunction function = Clips.function(node, constants);
    return function.lowest() == 0 && function.highest() > 0;
  }
}
