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
import io.halfstep.statistics.BatchNormStatistics;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import io.halfstep.text.Figures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The {@link LayerPair}s of a network, and the parameters of their layers as they are changed. */
public final class PairedLayers {
  /**
   * A pair with its parameters. Channel i between the layers, {@code x} in the original network, is
   * {@code x / scales[i] − shifts[i]} in the changed one.
   */
  record Link(LayerPair pair, Channels first, Channels second, double[] scales, double[] shifts) {
    private String name() {
      return pair.first().name() + " → " + pair.second().name();
    }

    /** Returns what is known of the original channels for the changed ones. */
    @Nullable BatchNormStatistics changed(@Nullable BatchNormStatistics original) {
      return original == null ? null : original.changed(scales, shifts);
    }
  }

  private final StageGraph graph;
  private final Map<String, Channels> parameters = new HashMap<>();
  private final List<Link> links;

  private PairedLayers(StageGraph graph, List<LayerPair> pairs) {
    this.graph = graph;
    this.links = pairs.stream().map(this::link).toList();
  }

  /**
   * Finds the pairs of a network.
   *
   * @param throughClips whether {@code Clip(0, c)} may stand between two layers (ReLU6); it becomes
   *     a ReLU and a Min with a limit for each channel
   */
  public static PairedLayers of(StageGraph graph, boolean throughClips) {
    return new PairedLayers(graph, LayerPairs.of(graph, throughClips));
  }

  private Link link(LayerPair pair) {
    double[] ones = new double[pair.first().layout().out()];
    Arrays.fill(ones, 1);
    return new Link(
        pair, parameters(pair.first()), parameters(pair.second()), ones, new double[ones.length]);
  }

  private Channels parameters(Layer layer) {
    return parameters.computeIfAbsent(layer.name(), name -> new Channels(layer));
  }

  List<Link> links() {
    return links;
  }

  /** Returns what a batch norm told of the output of a pair's first layer, in this network. */
  @Nullable BatchNormStatistics batchNorm(Link link) {
    return link.changed(graph.model().batchNorms().get(link.pair().first().output()));
  }

  /** Says which layers were equalized and which biases absorbed, one line each. */
  public List<String> notes() {
    List<String> notes = new ArrayList<>();
    for (Link link : links) {
      double least = Arrays.stream(link.scales()).min().orElse(1);
      double greatest = Arrays.stream(link.scales()).max().orElse(1);
      if (least != 1 || greatest != 1) {
        notes.add(
            "equalized: %s, channels divided by %s to %s"
                .formatted(link.name(), Figures.number(least, 3), Figures.number(greatest, 3)));
      }
      long absorbed = Arrays.stream(link.shifts()).filter(shift -> shift > 0).count();
      if (absorbed > 0) {
        notes.add(
            "high biases absorbed: %s, %d of %d channels"
                .formatted(link.name(), absorbed, link.shifts().length));
      }
    }
    return notes;
  }

  /** Returns the changed network; the same one if there are no pairs. */
  public StageGraph graph() {
    return links.isEmpty() ? graph : StageGraph.of(rewritten());
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
    Map<String, BatchNormStatistics> batchNorms = new HashMap<>(graph.model().batchNorms());
    for (Link link : links) {
      BatchNormStatistics statistics = batchNorm(link);
      if (statistics != null) {
        batchNorms.put(link.pair().first().output(), statistics);
      }
    }
    return graph.model().changed(model.toBuilder().setGraph(draft).build(), batchNorms);
  }

  /** {@code Clip(x, 0, c)} becomes {@code Min(Relu(x), c / scale − shift)}. */
  private void limitByChannel(GraphProto.Builder draft) {
    TensorNames names = new TensorNames(draft.build());
    Map<String, Link> clips = new HashMap<>();
    links.forEach(link -> link.pair().clips().keySet().forEach(o -> clips.put(o, link)));
    List<NodeProto> nodes = List.copyOf(draft.getNodeList());
    draft.clearNode();
    for (NodeProto node : nodes) {
      Link link = node.getOutputCount() == 0 ? null : clips.get(node.getOutput(0));
      if (link == null) {
        draft.addNode(node);
        continue;
      }
      String output = node.getOutput(0);
      double limit = requireNonNull(link.pair().clips().get(output));
      float[] limits = new float[link.scales().length];
      for (int i = 0; i < limits.length; i++) {
        limits[i] = (float) (limit / link.scales()[i] - link.shifts()[i]);
      }
      String positive = names.unique(output + "_positive");
      String name = names.unique(output + "_limits");
      draft.addInitializer(Onnx.tensor(name, limits, shape(link.pair().first(), limits.length)));
      draft.addNode(Onnx.node("Relu", List.of(node.getInput(0)), List.of(positive)));
      draft.addNode(Onnx.node("Min", List.of(positive, name), List.of(output)));
    }
  }

  private static long[] shape(Layer layer, long channels) {
    long[] shape = new long[layer.channelsAreLast() ? 1 : layer.weight().rank() - 1];
    Arrays.fill(shape, 1);
    shape[0] = channels;
    return shape;
  }
}
