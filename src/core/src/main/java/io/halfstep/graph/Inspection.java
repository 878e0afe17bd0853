package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.model.TensorTypes;
import io.halfstep.tensor.OnnxProgram.Port;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

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
    Map<String, NodeProto> floatNodes = floatNodes(graph);
    for (NodeProto node : floatNodes.values()) {
      tensors.addAll(node.getInputList());
      tensors.add(node.getOutput(0));
    }
    Map<String, List<Long>> shapes = new HashMap<>();
    graph
        .model()
        .proto()
        .getGraph()
        .getInitializerList()
        .forEach(tensor -> shapes.put(tensor.getName(), tensor.getDimsList()));
    tensors.remove("");
    tensors.removeAll(shapes.keySet());
    ports(graph.model(), tensors).forEach((name, port) -> shapes.put(name, port.shape()));
    List<Inspection> inspections = new ArrayList<>();
    for (Layer layer : graph.layers()) {
      inspections.add(of(layer, shape(shapes, layer.input()), shape(shapes, layer.output())));
    }
    for (FloatNode node : graph.floatNodes()) {
      NodeProto proto = floatNodes.get(node.name());
      inspections.add(
          new Inspection(
              node.name(),
              node.op(),
              List.of(),
              List.of(),
              0,
              proto == null
                  ? OptionalLong.empty()
                  : FloatMacs.of(proto, name -> shape(shapes, name)),
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

  private static List<Long> shape(Map<String, List<Long>> shapes, String tensor) {
    return shapes.getOrDefault(tensor, List.of());
  }

  /** Returns the nodes of the graph itself, not of bodies, that stay in float. */
  private static Map<String, NodeProto> floatNodes(StageGraph graph) {
    Set<String> names =
        graph.floatNodes().stream().map(FloatNode::name).collect(Collectors.toSet());
    return graph.model().proto().getGraph().getNodeList().stream()
        .filter(node -> names.contains(Nodes.name(node)))
        .collect(Collectors.toMap(Nodes::name, Function.identity(), (a, b) -> a));
  }

  private static Inspection of(Layer layer, List<Long> input, List<Long> output) {
    long[] weight = layer.weight().shape();
    return new Inspection(
        layer.name(),
        layer.op(),
        Arrays.stream(weight).boxed().toList(),
        output,
        layer.weight().size() + (layer.bias() == null ? 0L : layer.bias().size()),
        macs(layer, input, output),
        "");
  }

  /**
   * Returns a layer's multiply-accumulates, if the shapes are known.
   *
   * @param input the shape of its input
   * @param output the shape of its output
   */
  public static OptionalLong macs(Layer layer, List<Long> input, List<Long> output) {
    long size = layer.weight().size();
    List<Long> positions = layer.operator().positions(input, layer.weight().shape(), output);
    return positions.stream().anyMatch(d -> d < 0)
        ? OptionalLong.empty()
        : OptionalLong.of(positions.stream().reduce(size, (a, b) -> a * b));
  }
}
