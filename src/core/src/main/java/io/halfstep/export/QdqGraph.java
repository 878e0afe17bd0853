package io.halfstep.export;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.graph.AmxTiles;
import io.halfstep.graph.Layer;
import io.halfstep.model.TensorNames;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.BiasPolicy;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.IntegerBias;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Inserts QuantizeLinear and DequantizeLinear into a graph, in front of the quantized layers. Other
 * readers of a tensor see its float values; but all readers of one of the {@linkplain
 * io.halfstep.graph.ActivationSites sites} see the quantized ones: they have the tensor's name, and
 * its producer makes another tensor, {@code t_float}.
 */
final class QdqGraph {
  private final GraphProto graph;
  private final Map<String, Encoding> activations;
  private final Set<String> forAllReaders;
  private final TensorNames names;
  private final QdqOperators operators;
  private final QdqTables tables;
  private final QdqConstants constants;
  private final QdqDynamicInputs dynamicInputs;
  private final Set<String> dynamic;
  private final QdqCodebooks codebooks;
  private final Map<String, QuantizedNode> layers = new HashMap<>();
  private final Map<String, String> dequantized = new HashMap<>();
  private final List<String> notes = new ArrayList<>();

  private record QuantizedNode(Layer layer, QuantizedWeight weight, @Nullable Tensor bias) {}

  /**
   * @param domain the domain of the inserted operators
   * @param opset the version of ONNX's operators in this graph
   */
  QdqGraph(GraphProto graph, QuantizedNetwork network, String domain, int opset) {
    this.graph = graph;
    this.activations = network.activations();
    this.forAllReaders = network.graph().sites().tensors();
    this.names = new TensorNames(graph);
    this.operators =
        new QdqOperators(names, domain, opset, WeightStorage.of(network.graph(), network.target()));
    this.tables = new QdqTables(network, operators, names, opset);
    this.constants = new QdqConstants(network, operators, names);
    this.dynamicInputs = new QdqDynamicInputs(operators, tables, names);
    this.dynamic = Set.copyOf(network.dynamic().layers());
    this.codebooks = new QdqCodebooks(operators, names);
    Map<String, Layer> byName = new HashMap<>();
    network.graph().layers().forEach(layer -> byName.put(layer.name(), layer));
    for (QuantizedLayer quantized : network.layers()) {
      Layer layer = byName.get(quantized.name());
      if (layer == null) {
        throw new IllegalArgumentException("no layer " + quantized.name() + " in the graph");
      }
      layers.put(layer.output(), new QuantizedNode(layer, quantized.weight(), quantized.bias()));
    }
  }

  /** Notes for the user; complete after {@link #build}. */
  List<String> notes() {
    return notes;
  }

  GraphProto build() {
    Set<String> initializers = new HashSet<>();
    graph.getInitializerList().forEach(c -> initializers.add(c.getName()));
    for (ValueInfoProto input : graph.getInputList()) {
      if (!initializers.contains(input.getName())) {
        addRoundTrip(input.getName());
      }
    }
    for (NodeProto node : graph.getNodeList()) {
      QuantizedNode layer = layers.get(node.getOutput(0));
      NodeProto changed = layer == null ? constants.dequantized(node) : quantize(node, layer);
      addBetweenIntegers(changed);
    }
    return DeadCode.remove(
        graph.toBuilder()
            .clearNode()
            .addAllNode(operators.nodes())
            .addAllInitializer(operators.initializers())
            .build());
  }

  private void add(NodeProto node) {
    if (tables.gathers(node)) {
      tables.gather(node);
    } else {
      operators.add(node);
    }
  }

  private void addBetweenIntegers(NodeProto node) {
    NodeProto.Builder changed = node.toBuilder();
    for (int i = 0; i < node.getInputCount(); i++) {
      String tensor = node.getInput(i);
      if (forAllReaders.contains(tensor)) {
        changed.setInput(i, dequantized.getOrDefault(tensor, tensor));
      }
    }
    Map<String, String> reals = new LinkedHashMap<>();
    for (int i = 0; i < node.getOutputCount(); i++) {
      String tensor = node.getOutput(i);
      if (forAllReaders.contains(tensor)) {
        changed.setOutput(i, reals.computeIfAbsent(tensor, t -> names.unique(t + "_float")));
      }
    }
    add(changed.build());
    reals.forEach(
        (tensor, real) ->
            operators.roundTrip(real, tensor, requireNonNull(activations.get(tensor))));
    node.getOutputList().stream()
        .filter(tensor -> !reals.containsKey(tensor))
        .forEach(this::addRoundTrip);
  }

  private void addRoundTrip(String tensor) {
    Encoding encoding = activations.get(tensor);
    if (encoding != null) {
      String to = names.unique(tensor + "_dequantized");
      String from =
          encoding.factors().isNone() ? tensor : operators.divided(tensor, encoding.factors());
      operators.roundTrip(from, to, encoding);
      dequantized.put(tensor, to);
    }
  }

  private NodeProto quantize(NodeProto node, QuantizedNode quantized) {
    Layer layer = quantized.layer();
    if (dynamic.contains(layer.name())) {
      return dynamicInputs.product(layer, quantized.weight(), quantized.bias());
    }
    QuantizedWeight weight = quantized.weight().withoutFactors();
    Encoding input = activations.get(layer.input());
    NodeProto.Builder changed = node.toBuilder();
    String read = dequantized.getOrDefault(layer.input(), layer.input());
    boolean inFloat = weight.encoding().codebook() != null && input != null;
    changed.setInput(0, inFloat ? operators.separate(read) : read);
    Optional<BiasPolicy.Int32> int32 = BiasPolicy.int32(quantized.bias(), input, weight.encoding());
    if (int32.isPresent()) {
      IntegerBias bias = int32.get().round(weight);
      weight = bias.weight();
      changed.setInput(2, operators.bias(node.getInput(2), bias));
      noteRaised(layer, bias);
    } else if (quantized.bias() != null && quantized.bias() != layer.bias()) {
      changed.setInput(2, operators.corrected(node.getInput(2), quantized.bias()));
    }
    return changed.setInput(1, reals(layer, weight, input != null)).build();
  }

  /** Writes a layer's weight and returns the name of its real values. */
  private String reals(Layer layer, QuantizedWeight weight, boolean inputIsQuantized) {
    if (tables.isWeightOf(layer)) {
      String reals = tables.dequantized(layer);
      return misleadsTiles(layer, weight.encoding(), inputIsQuantized)
          ? operators.reshape(reals, reals, layer.weight().shape())
          : reals;
    }
    if (weight.encoding().codebook() != null) {
      return codebooks.weight(
          layer.node().getInput(1), weight, layer.layout(), layer.weight().shape());
    }
    boolean apart =
        (weight.encoding().channels() > 1 && !layer.operator().kernelsTake(layer.weight().rank()))
            || QdqOperators.misleadsKernels(weight.encoding(), inputIsQuantized)
            || misleadsTiles(layer, weight.encoding(), inputIsQuantized);
    return operators.weight(
        layer.node().getInput(1), weight, layer.layout(), layer.weight().shape(), apart);
  }

  /** Returns whether an integer kernel would be wrong on processors with AMX. */
  private static boolean misleadsTiles(Layer layer, Encoding encoding, boolean inputIsQuantized) {
    return inputIsQuantized && encoding.grid().bits() > 4 && AmxTiles.areWrongFor(layer);
  }

  private void noteRaised(Layer layer, IntegerBias bias) {
    if (bias.raised() > 0) {
      notes.add(
          "%s: the weight scale of %d of %d channels was raised so that the bias fits into 32 bits"
              .formatted(layer.name(), bias.raised(), bias.integers().length));
    }
  }
}
