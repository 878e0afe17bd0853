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
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A quantized network in float arithmetic: weights and biases already rounded, activations rounded
 * by Div, Round, Clip and Mul. No operator, type or transform of the export takes part. Opset 11
 * and up.
 */
final class Simulation {
  private Simulation() {}

  static ModelProto of(QuantizedNetwork network) {
    ModelProto model = network.graph().model().proto();
    GraphProto graph = model.getGraph();
    Map<String, TensorProto> weights = new HashMap<>();
    for (Layer layer : network.graph().layers()) {
      for (QuantizedLayer quantized : network.layers()) {
        if (quantized.name().equals(layer.name())) {
          String name = layer.node().getInput(1);
          weights.put(
              name,
              Onnx.tensor(
                  name,
                  layer.layout().fromRows(quantized.weight().dequantize()),
                  layer.weight().shape()));
          Encoding input = network.activations().get(layer.input());
          if (input != null && layer.bias() != null && !quantized.weight().encoding().isBlocked()) {
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
    Map<String, String> inputs = new HashMap<>();
    graph
        .getInputList()
        .forEach(
            input -> {
              Encoding encoding = network.activations().get(input.getName());
              if (encoding != null) {
                String rounded = input.getName() + "~";
                inputs.put(input.getName(), rounded);
                round(simulated, input.getName(), rounded, encoding);
              }
            });
    for (NodeProto node : graph.getNodeList()) {
      NodeProto.Builder changed = node.toBuilder();
      for (int i = 0; i < node.getInputCount(); i++) {
        changed.setInput(i, inputs.getOrDefault(node.getInput(i), node.getInput(i)));
      }
      Encoding encoding = network.activations().get(node.getOutput(0));
      if (encoding == null) {
        simulated.addNode(changed);
      } else {
        simulated.addNode(changed.setOutput(0, node.getOutput(0) + "~"));
        round(simulated, node.getOutput(0) + "~", node.getOutput(0), encoding);
      }
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

  private static void round(GraphProto.Builder graph, String from, String to, Encoding encoding) {
    String base = from + ">" + to;
    graph.addInitializer(Onnx.tensor(base + "s", new float[] {encoding.scale(0)}));
    float zero = encoding.zeroPoint(0);
    graph.addInitializer(Onnx.tensor(base + "n", new float[] {encoding.grid().lowest() - zero}));
    graph.addInitializer(Onnx.tensor(base + "p", new float[] {encoding.grid().highest() - zero}));
    graph.addNode(Onnx.node("Div", List.of(from, base + "s"), List.of(base + "1")));
    graph.addNode(Onnx.node("Round", List.of(base + "1"), List.of(base + "2")));
    graph.addNode(
        Onnx.node("Clip", List.of(base + "2", base + "n", base + "p"), List.of(base + "3")));
    graph.addNode(Onnx.node("Mul", List.of(base + "3", base + "s"), List.of(to)));
  }
}
