package io.halfstep.learning;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.graph.Layer;
import io.halfstep.model.Onnx;
import io.halfstep.quantizer.Encoding;
import io.halfstep.tensor.ElementType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A block of the student as ONNX models. The weights and biases of its quantized layers, and the
 * steps of its quantized activations, are inputs of the models.
 */
public final class BlockModels {
  static final String LOSS = "loss";

  private final ModelProto block;
  private final Map<String, Layer> layers = new LinkedHashMap<>(); // by output
  private final Map<String, Encoding> activations;
  private final Set<String> sites;

  /**
   * @param block the part of the network, of opset 16 or newer, with constants that the student
   *     reads rounded
   * @param layers the block's quantized layers
   * @param activations the encodings of the tensors that are read quantized
   * @param sites the tensors among these that all their readers read quantized, not layers alone
   */
  public BlockModels(
      ModelProto block, List<Layer> layers, Map<String, Encoding> activations, Set<String> sites) {
    this.block = block;
    this.activations = activations;
    this.sites = sites;
    layers.forEach(layer -> this.layers.put(layer.output(), layer));
  }

  static String weightOf(String layer) {
    return layer + "/weight";
  }

  static String biasOf(String layer) {
    return layer + "/bias";
  }

  static String stepOf(String tensor) {
    return tensor + "/step";
  }

  static String zeroPointOf(String tensor) {
    return tensor + "/zeropoint";
  }

  static String choiceOf(String tensor) {
    return tensor + "/choice";
  }

  static String targetOf(String output) {
    return output + "/target";
  }

  static String weightsOf(String output) {
    return output + "/weights";
  }

  static String shareOf(String output) {
    return output + "/share";
  }

  /** Returns the names of the block's inputs. */
  List<String> inputs() {
    return block.getGraph().getInputList().stream().map(ValueInfoProto::getName).toList();
  }

  /** Returns the names of its outputs. */
  List<String> outputs() {
    return block.getGraph().getOutputList().stream().map(ValueInfoProto::getName).toList();
  }

  /** Returns the tensors that are read quantized, in order. */
  List<String> quantizedTensors() {
    Set<String> tensors = new LinkedHashSet<>();
    for (NodeProto node : block.getGraph().getNodeList()) {
      for (int i = 0; i < node.getInputCount(); i++) {
        if (readsQuantized(node, i)) {
          tensors.add(node.getInput(i));
        }
      }
    }
    return List.copyOf(tensors);
  }

  private boolean readsQuantized(NodeProto node, int input) {
    String tensor = node.getInput(input);
    boolean byLayer = input == 0 && layers.containsKey(node.getOutput(0));
    return isSite(tensor) || (byLayer && activations.containsKey(tensor));
  }

  private boolean isSite(String tensor) {
    return sites.contains(tensor) && activations.containsKey(tensor);
  }

  /** Returns the student's block. */
  ModelProto student() {
    return block.toBuilder().setGraph(quantized(false)).build();
  }

  /**
   * Returns the student with the loss {@code Σ c·(m·(ŷ − y))²}, over the elements of all outputs:
   * the teacher's outputs y, the shares c of the outputs and their weights m are inputs.
   *
   * @param weighted whether there are weights m; without, they are 1
   * @param drops whether there is an input for each quantized activation, of its shape and type
   *     BOOL, that chooses which elements are read quantized
   */
  ModelProto loss(boolean weighted, boolean drops) {
    GraphProto.Builder graph = quantized(drops).clearOutput();
    List<String> sums = new ArrayList<>();
    for (String output : outputs()) {
      graph.addInput(Onnx.port(targetOf(output), ElementType.FLOAT));
      graph.addInput(Onnx.port(shareOf(output), ElementType.FLOAT));
      String error = output + "/error";
      String square = output + "/square";
      String sum = output + "/sum";
      String ofOutput = output + "/weighted";
      graph.addNode(Onnx.node("Sub", List.of(output, targetOf(output)), List.of(error)));
      if (weighted) {
        graph.addInput(Onnx.port(weightsOf(output), ElementType.FLOAT));
        String kept = output + "/kept";
        graph.addNode(Onnx.node("Mul", List.of(error, weightsOf(output)), List.of(kept)));
        error = kept;
      }
      graph.addNode(Onnx.node("Mul", List.of(error, error), List.of(square)));
      graph.addNode(
          Onnx.node("ReduceSum", List.of(square), List.of(sum), Onnx.attribute("keepdims", 0)));
      graph.addNode(Onnx.node("Mul", List.of(sum, shareOf(output)), List.of(ofOutput)));
      sums.add(ofOutput);
    }
    graph.addNode(Onnx.node("Sum", sums, List.of(LOSS)));
    graph.addOutput(ValueInfoProto.newBuilder().setName(LOSS));
    return block.toBuilder().setGraph(graph).build();
  }

  private GraphProto.Builder quantized(boolean drops) {
    GraphProto.Builder graph = block.getGraph().toBuilder().clearNode();
    for (Layer layer : layers.values()) {
      graph.addInput(Onnx.port(weightOf(layer.name()), ElementType.FLOAT));
      if (layer.bias() != null) {
        graph.addInput(Onnx.port(biasOf(layer.name()), ElementType.FLOAT));
      }
    }
    Set<String> done = new HashSet<>();
    for (NodeProto node : block.getGraph().getNodeList()) {
      NodeProto.Builder changed = node.toBuilder();
      for (int i = 0; i < node.getInputCount(); i++) {
        if (readsQuantized(node, i)) {
          String tensor = node.getInput(i);
          if (done.add(tensor)) {
            quantize(graph, tensor, drops);
          }
          changed.setInput(i, quantizedOf(tensor));
        }
      }
      Layer layer = layers.get(node.getOutput(0));
      if (layer != null) {
        changed.setInput(1, weightOf(layer.name()));
        if (layer.bias() != null) {
          changed.setInput(2, biasOf(layer.name()));
        }
      }
      graph.addNode(changed);
    }
    return graph;
  }

  private static String quantizedOf(String tensor) {
    return tensor + "/quantized";
  }

  /** Adds {@code x̂ = s·(clip(round(x/s) + z, n, p) − z)}, with s times the channels' factors. */
  private void quantize(GraphProto.Builder graph, String tensor, boolean drops) {
    Encoding encoding = requireNonNull(activations.get(tensor));
    String lowest = tensor + "/lowest";
    String highest = tensor + "/highest";
    graph.addInput(Onnx.port(stepOf(tensor), ElementType.FLOAT));
    graph.addInitializer(Onnx.tensor(lowest, new float[] {encoding.grid().lowest()}));
    graph.addInitializer(Onnx.tensor(highest, new float[] {encoding.grid().highest()}));
    String step = stepOf(tensor);
    if (!encoding.factors().isNone()) {
      String factors = tensor + "/factors";
      step = tensor + "/steps";
      graph.addInitializer(
          Onnx.tensor(factors, encoding.factors().values(), encoding.factors().channels()));
      graph.addNode(Onnx.node("Mul", List.of(stepOf(tensor), factors), List.of(step)));
    }
    String inSteps = tensor + "/insteps";
    String rounded = tensor + "/rounded";
    String clipped = tensor + "/clipped";
    graph.addNode(Onnx.node("Div", List.of(tensor, step), List.of(inSteps)));
    graph.addNode(Onnx.node("Round", List.of(inSteps), List.of(rounded)));
    String level = clipped;
    if (!encoding.symmetric()) {
      graph.addInput(Onnx.port(zeroPointOf(tensor), ElementType.FLOAT));
      String shifted = tensor + "/shifted";
      level = tensor + "/level";
      graph.addNode(Onnx.node("Add", List.of(rounded, zeroPointOf(tensor)), List.of(shifted)));
      rounded = shifted;
    }
    graph.addNode(Onnx.node("Clip", List.of(rounded, lowest, highest), List.of(clipped)));
    if (!encoding.symmetric()) {
      graph.addNode(Onnx.node("Sub", List.of(clipped, zeroPointOf(tensor)), List.of(level)));
    }
    String real = drops ? tensor + "/real" : quantizedOf(tensor);
    graph.addNode(Onnx.node("Mul", List.of(level, step), List.of(real)));
    if (drops) {
      graph.addInput(Onnx.port(choiceOf(tensor), ElementType.BOOL));
      graph.addNode(
          Onnx.node(
              "Where", List.of(choiceOf(tensor), real, tensor), List.of(quantizedOf(tensor))));
    }
  }
}
