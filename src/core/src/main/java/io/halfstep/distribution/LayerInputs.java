package io.halfstep.distribution;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.graph.Clips;
import io.halfstep.graph.Layer;
import io.halfstep.graph.SpatialMean;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Attributes;
import io.halfstep.model.Nodes;
import io.halfstep.statistics.BatchNormStatistics;
import io.halfstep.tensor.ClipFunction;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Follows what batch norms tell of the outputs of their layers to the inputs of the next ones.
 *
 * <ul>
 *   <li>ReLU, Clip and a Min with constants clip a normal distribution;
 *   <li>of a sum, means and variances add up, as of independent terms, and it counts as normal;
 *   <li>pooling leaves bounds as they are, and averages the mean; the variance of a mean and the
 *       mean of a maximum depend on what is not known, and are taken from before.
 * </ul>
 *
 * <p>Behind other operators, nothing is known.
 */
public final class LayerInputs {
  private static final Set<String> SAME = Set.of("Identity", "Dropout", "MaxPool", "AveragePool");
  private static final Set<String> GLOBAL_POOLS = Set.of("GlobalAveragePool", "GlobalMaxPool");
  private static final Set<String> RESHAPES = Set.of("Flatten", "Reshape", "Squeeze");
  private static final int OF_VECTORS = 2;

  /**
   * A tensor {@code [samples, channels, spatial...]}.
   *
   * @param rank the number of its axes
   * @param pooled whether each spatial axis has one entry
   */
  private record Known(ClippedNormal channels, int rank, boolean pooled) {
    Known with(ClippedNormal other) {
      return new Known(other, rank, pooled);
    }
  }

  private final Map<String, TensorProto> constants = new HashMap<>();
  private final Map<String, Known> known = new HashMap<>();

  private LayerInputs(StageGraph graph) {
    graph
        .model()
        .proto()
        .getGraph()
        .getInitializerList()
        .forEach(tensor -> constants.put(tensor.getName(), tensor));
  }

  /**
   * Returns what is known of the layers' inputs, by the name of the layer.
   *
   * @param inputs what is known of inputs of the graph, each {@code [samples, channels,
   *     spatial...]}
   */
  public static Map<String, LayerInput> of(StageGraph graph, Map<String, ClippedNormal> inputs) {
    LayerInputs search = new LayerInputs(graph);
    graph
        .model()
        .inputs()
        .forEach(
            port -> {
              ClippedNormal channels = inputs.get(port.name());
              if (channels != null) {
                search.known.put(port.name(), new Known(channels, port.shape().size(), false));
              }
            });
    Map<String, Layer> makers = new HashMap<>();
    graph.layers().forEach(layer -> makers.put(layer.output(), layer));
    for (NodeProto node : graph.model().proto().getGraph().getNodeList()) {
      Layer layer = node.getOutputCount() == 0 ? null : makers.get(node.getOutput(0));
      Known made =
          layer == null
              ? search.behind(node)
              : output(layer, graph.model().batchNorms().get(layer.output()));
      if (made != null) {
        search.known.put(node.getOutput(0), made);
      }
    }
    Map<String, LayerInput> found = new HashMap<>();
    for (Layer layer : graph.layers()) {
      Known input = search.known.get(layer.input());
      if (input != null && fits(input, layer)) {
        found.put(layer.name(), LayerInput.of(layer, input.channels()));
      }
    }
    return found;
  }

  private static @Nullable Known output(Layer layer, @Nullable BatchNormStatistics statistics) {
    return statistics == null
        ? null
        : new Known(
            ClippedNormal.of(statistics),
            layer.channelsAreLast() ? OF_VECTORS : layer.weight().rank(),
            layer.channelsAreLast());
  }

  private static boolean fits(Known input, Layer layer) {
    return input.channels().channels() == layer.inputChannels()
        && (layer.channelsAreLast()
            ? input.rank() == OF_VECTORS
            : input.rank() == layer.weight().rank());
  }

  private @Nullable Known behind(NodeProto node) {
    Known first = node.getInputCount() == 0 ? null : known.get(node.getInput(0));
    if (first == null || !Nodes.isStandard(node)) {
      return null;
    }
    String op = node.getOpType();
    if (SAME.contains(op)) {
      return first;
    }
    if (GLOBAL_POOLS.contains(op)) {
      return new Known(first.channels(), first.rank(), true);
    }
    if (RESHAPES.contains(op)) {
      return first.pooled() ? new Known(first.channels(), OF_VECTORS, true) : null;
    }
    return switch (op) {
      case "Relu" -> clipped(first, ClipFunction.RELU);
      case "Clip" -> clipped(first, Clips.function(node, constants));
      case "Min" -> limited(first, node);
      case "Add" -> sum(first, node);
      case "Concat" -> concatenation(node);
      case "ReduceMean" -> mean(first, node);
      default -> null;
    };
  }

  private static Known clipped(Known x, ClipFunction function) {
    return x.with(
        x.channels().clipped(new double[] {function.lowest()}, new double[] {function.highest()}));
  }

  /** The limits of {@link io.halfstep.transform.PairedLayers}, one for each channel. */
  private @Nullable Known limited(Known x, NodeProto node) {
    TensorProto constant = node.getInputCount() == 2 ? constants.get(node.getInput(1)) : null;
    if (constant == null || constant.getDataType() != ElementType.FLOAT.onnx()) {
      return null;
    }
    Tensor limits = TensorProtos.decode(constant);
    boolean byChannel =
        limits.size() == x.channels().channels()
            && limits.rank() == x.rank() - 1
            && limits.dim(0) == limits.size();
    if (!byChannel && limits.size() != 1) {
      return null;
    }
    double[] most = new double[limits.size()];
    for (int i = 0; i < most.length; i++) {
      most[i] = limits.floats()[i];
    }
    return x.with(x.channels().clipped(new double[] {Double.NEGATIVE_INFINITY}, most));
  }

  private @Nullable Known sum(Known x, NodeProto node) {
    Known y = known.get(node.getInput(1));
    return y != null && y.rank() == x.rank() && y.channels().channels() == x.channels().channels()
        ? x.with(x.channels().plus(y.channels()))
        : null;
  }

  private @Nullable Known concatenation(NodeProto node) {
    List<Known> parts = node.getInputList().stream().map(known::get).toList();
    Known first = parts.get(0);
    if (first == null || Attributes.of(node).integer("axis", 0) != 1) {
      return null;
    }
    ClippedNormal all = first.channels();
    for (Known part : parts.subList(1, parts.size())) {
      if (part == null || part.rank() != first.rank()) {
        return null;
      }
      all = all.and(part.channels());
    }
    return first.with(all);
  }

  private @Nullable Known mean(Known x, NodeProto node) {
    if (x.rank() == OF_VECTORS || !SpatialMean.is(node, x.rank(), constants)) {
      return null;
    }
    boolean kept = Attributes.of(node).integer("keepdims", 1) != 0;
    return new Known(x.channels(), kept ? x.rank() : OF_VECTORS, true);
  }
}
