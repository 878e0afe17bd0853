package io.halfstep.export;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.graph.Layer;
import io.halfstep.model.Onnx;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Encoding;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A quantized network in float arithmetic: weights and biases already rounded, the inputs of layers
 * rounded by Div, Round, Clip and Mul. No operator, type or transform of the export takes part.
 * Opset 11 and up.
 */
final class Simulation {
  private static final String ROUNDED = "~";

  private Simulation() {}

  static ModelProto of(QuantizedNetwork network) {
    ModelProto model = network.graph().model().proto();
    GraphProto graph = model.getGraph();
    Map<String, TensorProto> weights = new HashMap<>();
    Set<String> quantizedOutputs = new HashSet<>();
    for (Layer layer : network.graph().layers()) {
      for (QuantizedLayer quantized : network.layers()) {
        if (quantized.name().equals(layer.name())) {
          quantizedOutputs.add(layer.output());
          String name = layer.node().getInput(1);
          weights.put(
              name,
              Onnx.tensor(
                  name,
                  layer.layout().fromRows(quantized.weight().dequantize()),
                  layer.weight().shape()));
          Encoding input = network.activations().get(layer.input());
          Encoding ofWeight = quantized.weight().encoding();
          boolean integerBias = !ofWeight.isBlocked() && ofWeight.codebook() == null;
          if (input != null && layer.bias() != null && integerBias) {
            String bias = layer.node().getInput(2);
            weights.put(bias, rounded(bias, layer, quantized, input));
          }
        }
      }
    }
    GraphProto.Builder simulated =
        graph.toBuilder().clearNode().clearInitializer().clearValueInfo();
    for (TensorProto initializer : graph.getInitializerList()) {
      simulated.addInitializer(weights.getOrDefault(initializer.getName(), initializer));
    }
    graph.getInputList().forEach(input -> round(simulated, input.getName(), network));
    for (NodeProto node : graph.getNodeList()) {
      NodeProto.Builder changed = node.toBuilder();
      if (quantizedOutputs.contains(node.getOutput(0))
          && network.activations().containsKey(node.getInput(0))) {
        changed.setInput(0, node.getInput(0) + ROUNDED);
      }
      simulated.addNode(changed);
      round(simulated, node.getOutput(0), network);
    }
    return model.toBuilder().setGraph(simulated).build();
  }

  /** The bias to the nearest multiple of weight scale times input scale. */
  private static TensorProto rounded(
      String name, Layer layer, QuantizedLayer quantized, Encoding input) {
    float[] bias = Objects.requireNonNull(layer.bias()).floats().clone();
    for (int row = 0; row < bias.length; row++) {
      float unit = quantized.weight().encoding().scale(row) * input.scale(0);
      bias[row] = (float) Math.rint(bias[row] / (double) unit) * unit;
    }
    return Onnx.tensor(name, bias, bias.length);
  }

  private static void round(GraphProto.Builder graph, String from, QuantizedNetwork network) {
    Encoding encoding = network.activations().get(from);
    if (encoding == null) {
      return;
    }
    String base = from + ROUNDED;
    graph.addInitializer(Onnx.tensor(base + "s", new float[] {encoding.scale(0)}));
    float zero = encoding.zeroPoint(0);
    graph.addInitializer(Onnx.tensor(base + "n", new float[] {encoding.grid().lowest() - zero}));
    graph.addInitializer(Onnx.tensor(base + "p", new float[] {encoding.grid().highest() - zero}));
    graph.addNode(Onnx.node("Div", List.of(from, base + "s"), List.of(base + "1")));
    graph.addNode(Onnx.node("Round", List.of(base + "1"), List.of(base + "2")));
    graph.addNode(
        Onnx.node("Clip", List.of(base + "2", base + "n", base + "p"), List.of(base + "3")));
    graph.addNode(Onnx.node("Mul", List.of(base + "3", base + "s"), List.of(base)));
  }
}
