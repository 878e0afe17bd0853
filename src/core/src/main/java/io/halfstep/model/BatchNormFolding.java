package io.halfstep.model;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.statistics.BatchNormStatistics;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Folds a batch norm in inference form into the layer before it ([W] §2.3.1): with {@code g = γ /
 * √(σ² + ε)} for each output channel, {@code W ← g·W} and {@code b ← g·(b − μ) + β}. Only the batch
 * norm may read the layer. What it tells of the layer's output is kept: {@link Model#batchNorms()}.
 */
final class BatchNormFolding {
  private final GraphDraft draft;
  private final Map<String, Integer> uses;

  private BatchNormFolding(GraphDraft draft) {
    this.draft = draft;
    this.uses = draft.uses();
  }

  static void fold(GraphDraft draft) {
    new BatchNormFolding(draft).fold();
  }

  private void fold() {
    Map<String, Integer> layers = new HashMap<>();
    List<@Nullable NodeProto> nodes = new ArrayList<>();
    for (NodeProto node : draft.nodes()) {
      Integer at = Nodes.is(node, "BatchNormalization") ? layers.get(node.getInput(0)) : null;
      NodeProto before = at == null ? null : nodes.get(at);
      NodeProto folded = before == null ? null : folded(before, node);
      if (at != null && folded != null) {
        // The layer moves to the batch norm's place: the output keeps its name and its order.
        nodes.set(at, null);
        nodes.add(folded);
      } else {
        nodes.add(node);
        LayerOperator operator = LayerOperators.of(node);
        if (operator != null
            && operator.takesBatchNorm()
            && uses.getOrDefault(node.getOutput(0), 0) == 1
            && !draft.isOutput(node.getOutput(0))) {
          layers.put(node.getOutput(0), nodes.size() - 1);
        }
      }
    }
    List<NodeProto> kept = new ArrayList<>();
    for (NodeProto node : nodes) {
      if (node != null) {
        kept.add(node);
      }
    }
    draft.replaceNodes(kept);
  }

  private @Nullable NodeProto folded(NodeProto layer, NodeProto norm) {
    LayerOperator operator = LayerOperators.of(layer);
    Tensor weight = draft.floats(layer.getInput(1));
    boolean hasBias = layer.getInputCount() > 2 && !layer.getInput(2).isEmpty();
    Tensor bias = hasBias ? draft.floats(layer.getInput(2)) : null;
    Affine affine = Affine.of(draft, norm);
    if (operator == null
        || weight == null
        || weight.size() == 0
        || operator.whyFloat(weight.shape()) != null
        || (hasBias && bias == null)
        || affine == null) {
      return null;
    }
    WeightLayout layout = operator.layout(layer, weight);
    int out = affine.gain.length;
    if (layout.out() != out || (bias != null && (bias.rank() != 1 || bias.size() != out))) {
      return null;
    }
    float[] rows = layout.toRows(weight.floats());
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (float) (rows[i] * affine.gain[i / layout.k()]);
    }
    float[] biases = new float[out];
    for (int i = 0; i < out; i++) {
      biases[i] =
          (float) ((bias == null ? 0 : bias.floats()[i]) * affine.gain[i] + affine.shift[i]);
    }
    NodeProto.Builder folded =
        layer.toBuilder()
            .setInput(1, put(layer.getInput(1), Tensor.of(layout.fromRows(rows), weight.shape())));
    String biasName = put(hasBias ? layer.getInput(2) : norm.getInput(2), Tensor.of(biases, out));
    if (layer.getInputCount() > 2) {
      folded.setInput(2, biasName);
    } else {
      folded.addInput(biasName);
    }
    draft.keep(norm.getOutput(0), affine.statistics);
    return folded.setOutput(0, norm.getOutput(0)).build();
  }

  /** Replaces an initializer, or adds a new one if other nodes read it. */
  private String put(String name, Tensor tensor) {
    TensorProto proto = TensorProtos.encode(name, tensor);
    if (uses.getOrDefault(name, 0) > 1) {
      return draft.add(name, proto);
    }
    draft.define(name, proto);
    return name;
  }

  /** A batch norm as {@code y = gain·x + shift}. */
  private record Affine(double[] gain, double[] shift, BatchNormStatistics statistics) {
    static @Nullable Affine of(GraphDraft draft, NodeProto norm) {
      Attributes attributes = Attributes.of(norm);
      if (Nodes.makes(norm).size() != 1
          || attributes.integer("training_mode", 0) != 0
          || attributes.integer("spatial", 1) == 0) {
        return null;
      }
      Tensor gamma = draft.floats(norm.getInput(1));
      Tensor beta = draft.floats(norm.getInput(2));
      Tensor mean = draft.floats(norm.getInput(3));
      Tensor variance = draft.floats(norm.getInput(4));
      if (gamma == null || beta == null || mean == null || variance == null) {
        return null;
      }
      float epsilon = attributes.real("epsilon", 1e-5f);
      int channels = gamma.size();
      double[] gain = new double[channels];
      double[] shift = new double[channels];
      double[] made = new double[channels];
      double[] std = new double[channels];
      for (int i = 0; i < channels; i++) {
        gain[i] = gamma.floats()[i] / Math.sqrt((double) variance.floats()[i] + epsilon);
        shift[i] = beta.floats()[i] - mean.floats()[i] * gain[i];
        made[i] = beta.floats()[i];
        std[i] = Math.abs(gain[i]) * Math.sqrt(Math.max(0, variance.floats()[i]));
      }
      return new Affine(gain, shift, new BatchNormStatistics(made, std));
    }
  }
}
