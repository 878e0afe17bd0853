package io.halfstep.transform;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Cross-layer equalization ([D] §4.1, [W] §3.2): between two layers, channel i is divided by {@code
 * s_i = √(r1_i·r2_i) / r2_i}, where {@code r1_i} is the greatest magnitude of the weights that make
 * it and {@code r2_i} that of the weights that read it: {@code W1 ← S⁻¹W1, b1 ← S⁻¹b1, W2 ← W2·S}.
 * Then both are equal for each channel ([D] eq. 11). Pairs are equalized one after the other until
 * no channel changes by more than 0.1 %. The network's function stays the same.
 */
public final class CrossLayerEqualization {
  private static final int MOST_SWEEPS = 200;
  private static final double STILL = 1e-3;

  /** A pair with its parameters, and the product of all s so far. */
  private record Scaled(LayerPair pair, Channels first, Channels second, double[] scales) {}

  private final StageGraph graph;
  private final Map<String, Channels> parameters = new HashMap<>();
  private final List<Scaled> pairs;

  private CrossLayerEqualization(StageGraph graph, List<LayerPair> pairs) {
    this.graph = graph;
    this.pairs = pairs.stream().map(this::scaled).toList();
  }

  private Scaled scaled(LayerPair pair) {
    double[] ones = new double[pair.first().layout().out()];
    Arrays.fill(ones, 1);
    return new Scaled(pair, parameters(pair.first()), parameters(pair.second()), ones);
  }

  private Channels parameters(Layer layer) {
    return parameters.computeIfAbsent(layer.name(), name -> new Channels(layer));
  }

  /**
   * Returns the equalized network; the same one if there is nothing to equalize.
   *
   * @param throughClips whether {@code Clip(0, c)} may stand between two layers (ReLU6); it becomes
   *     a ReLU and a Min with a limit for each channel
   */
  public static StageGraph of(StageGraph graph, boolean throughClips) {
    List<LayerPair> pairs = LayerPairs.of(graph, throughClips);
    return pairs.isEmpty() ? graph : new CrossLayerEqualization(graph, pairs).equalized();
  }

  private StageGraph equalized() {
    double change = Double.POSITIVE_INFINITY;
    for (int sweep = 0; sweep < MOST_SWEEPS && change > STILL; sweep++) {
      change = 0;
      for (Scaled pair : pairs) {
        change = Math.max(change, equalize(pair));
      }
    }
    return StageGraph.of(rewritten());
  }

  /** Returns by how much a channel changed most, as a ratio less 1. */
  private static double equalize(Scaled pair) {
    double[] made = pair.first().greatestByOutput();
    double[] read = pair.second().greatestByInput();
    double[] s = new double[made.length];
    double change = 0;
    for (int i = 0; i < s.length; i++) {
      s[i] = made[i] > 0 && read[i] > 0 ? Math.sqrt(made[i] * read[i]) / read[i] : 1;
      pair.scales()[i] *= s[i];
      change = Math.max(change, Math.max(s[i], 1 / s[i]) - 1);
    }
    pair.first().divideOutputs(s);
    pair.second().multiplyInputs(s);
    return change;
  }

  private Model rewritten() {
    ModelProto model = graph.model().proto();
    GraphProto.Builder draft = model.getGraph().toBuilder();
    Map<String, Tensor> changed = new HashMap<>();
    for (Layer layer : graph.layers()) {
      Channels channels = parameters.get(layer.name());
      if (channels != null) {
        changed.put(layer.node().getInput(1), Tensor.of(channels.weight(), layer.weight().shape()));
        if (layer.bias() != null) {
          changed.put(layer.node().getInput(2), Tensor.of(channels.bias(), layer.bias().shape()));
        }
      }
    }
    for (int i = 0; i < draft.getInitializerCount(); i++) {
      TensorProto constant = draft.getInitializer(i);
      Tensor tensor = changed.get(constant.getName());
      if (tensor != null) {
        draft.setInitializer(i, TensorProtos.encode(constant.getName(), tensor));
      }
    }
    limitByChannel(draft);
    return Model.of(graph.model().path(), model.toBuilder().setGraph(draft).build());
  }

  /** {@code Clip(x, 0, c)} becomes {@code Min(Relu(x), c/s)}. */
  private void limitByChannel(GraphProto.Builder draft) {
    TensorNames names = new TensorNames(draft.build());
    Map<String, Scaled> clips = new HashMap<>();
    pairs.forEach(p -> p.pair().clips().keySet().forEach(output -> clips.put(output, p)));
    List<NodeProto> nodes = List.copyOf(draft.getNodeList());
    draft.clearNode();
    for (NodeProto node : nodes) {
      Scaled scaled = node.getOutputCount() == 0 ? null : clips.get(node.getOutput(0));
      if (scaled == null) {
        draft.addNode(node);
        continue;
      }
      String output = node.getOutput(0);
      double limit = requireNonNull(scaled.pair().clips().get(output));
      float[] limits = new float[scaled.scales().length];
      for (int i = 0; i < limits.length; i++) {
        limits[i] = (float) (limit / scaled.scales()[i]);
      }
      String positive = names.unique(output + "_positive");
      String name = names.unique(output + "_limits");
      draft.addInitializer(Onnx.tensor(name, limits, shape(scaled.pair().first(), limits.length)));
      draft.addNode(Onnx.node("Relu", List.of(node.getInput(0)), List.of(positive)));
      draft.addNode(Onnx.node("Min", List.of(positive, name), List.of(output)));
    }
  }

  private static long[] shape(Layer layer, long channels) {
    long[] shape = new long[Channels.areLast(layer) ? 1 : layer.weight().rank() - 1];
    Arrays.fill(shape, 1);
    shape[0] = channels;
    return shape;
  }
}
