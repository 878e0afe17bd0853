package io.halfstep.graph;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.Model;
import io.halfstep.model.TensorTypes;
import io.halfstep.tensor.OnnxProgram.Port;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Describes a layer before calibration.
 *
 * @param name the layer's or node's name
 * @param op its operator
 * @param weightShape its weight's shape in ONNX order; empty if it stays in float
 * @param outputShape its output's shape for a single sample, −1 if unknown; empty if even the rank
 *     is unknown or the node stays in float
 * @param parameters the number of its weights and biases; 0 if it stays in float
 * @param macs multiply-accumulate operations for a single sample, if the shapes are known
 * @param reason why it stays in float; empty for a layer
 */
public record Inspection(
    String name,
    String op,
    List<Long> weightShape,
    List<Long> outputShape,
    long parameters,
    OptionalLong macs,
    String reason) {

  /** Returns whether it will be quantized. */
  public boolean quantized() {
    return reason.isEmpty();
  }

  /** Returns the layers in order, then the nodes that stay in float. */
  public static List<Inspection> of(StageGraph graph) {
    Set<String> tensors = new LinkedHashSet<>();
    for (Layer layer : graph.layers()) {
      tensors.add(layer.input());
      tensors.add(layer.output());
    }
    Map<String, Port> ports = ports(graph.model(), tensors);
    List<Inspection> inspections = new ArrayList<>();
    for (Layer layer : graph.layers()) {
      inspections.add(of(layer, shape(ports, layer.input()), shape(ports, layer.output())));
    }
    for (FloatNode node : graph.floatNodes()) {
      inspections.add(
          new Inspection(
              node.name(),
              node.op(),
              List.of(),
              List.of(),
              0,
              OptionalLong.empty(),
              node.reason()));
    }
    return List.copyOf(inspections);
  }

  private static Map<String, Port> ports(Model model, Set<String> tensors) {
    try {
      return TensorTypes.infer(TensorTypes.forOneSample(model), tensors);
    } catch (InvalidInputException e) {
      // The graph does not take a single sample; its own shapes are less specific.
      return TensorTypes.infer(model, tensors);
    }
  }

  private static List<Long> shape(Map<String, Port> ports, String tensor) {
    Port port = ports.get(tensor);
    return port == null ? List.of() : port.shape();
  }

  private static Inspection of(Layer layer, List<Long> input, List<Long> output) {
    long[] weight = layer.weight().shape();
    int size = layer.weight().size();
    return new Inspection(
        layer.name(),
        layer.op(),
        Arrays.stream(weight).boxed().toList(),
        output,
        size + (layer.bias() == null ? 0L : layer.bias().size()),
        macs(layer, size, input, output),
        "");
  }

  private static OptionalLong macs(Layer layer, long size, List<Long> input, List<Long> output) {
    List<Long> positions = layer.operator().positions(input, output);
    return positions.stream().anyMatch(d -> d < 0)
        ? OptionalLong.empty()
        : OptionalLong.of(positions.stream().reduce(size, (a, b) -> a * b));
  }
}
