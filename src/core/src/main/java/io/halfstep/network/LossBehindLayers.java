package io.halfstep.network;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.graph.Layer;
import io.halfstep.model.Nodes;
import io.halfstep.text.Figures;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The loss of a network whose layers are all good and whose output is poor: a function behind a
 * layer magnifies the errors of small values, as a logarithm behind a power spectrum does.
 *
 * @param leastDb the lowest SQNR of all layers
 * @param layer the layer before the function
 * @param bits of the layer's input
 * @param op the function's operator
 * @param node its name
 */
public record LossBehindLayers(double leastDb, Layer layer, int bits, String op, String node) {
  /** Magnify relative errors, or make absolute ones of them. */
  private static final Set<String> MAGNIFYING = Set.of("Log", "Reciprocal");

  /** Above this, layers are good. */
  private static final double GOOD_DB = 24;

  /** Below this, an output is poor. */
  private static final double POOR_DB = 12;

  private static final int MOST_BITS = 16;

  /** Returns the loss at the first such function; empty if there is none. */
  public static Optional<LossBehindLayers> of(QuantizedNetwork network) {
    double least =
        network.layers().stream().mapToDouble(QuantizedLayer::sqnrDb).min().orElse(Double.NaN);
    boolean poor = network.outputSqnrDb().values().stream().anyMatch(db -> db < POOR_DB);
    if (!poor || !(least >= GOOD_DB)) {
      return Optional.empty();
    }
    Set<String> layerOutputs =
        network.graph().layers().stream().map(Layer::output).collect(Collectors.toSet());
    return network.graph().layers().stream()
        .filter(layer -> network.activations().containsKey(layer.input()))
        .flatMap(layer -> behind(layer, network, layerOutputs, least).stream())
        .min(Comparator.comparingInt(LossBehindLayers::bits));
  }

  private static Optional<LossBehindLayers> behind(
      Layer layer, QuantizedNetwork network, Set<String> layerOutputs, double least) {
    Set<String> reached = new HashSet<>(Set.of(layer.output()));
    for (NodeProto node : network.graph().model().proto().getGraph().getNodeList()) {
      List<String> made = Nodes.makes(node);
      boolean reads = Nodes.reads(node).stream().anyMatch(reached::contains);
      if (reads && MAGNIFYING.contains(node.getOpType())) {
        int bits = requireNonNull(network.activations().get(layer.input())).grid().bits();
        return Optional.of(
            new LossBehindLayers(least, layer, bits, node.getOpType(), Nodes.name(node)));
      }
      if (reads && made.stream().noneMatch(layerOutputs::contains)) {
        reached.addAll(made);
      }
    }
    return Optional.empty();
  }

  /** Says what is lost where. */
  public String finding() {
    return "every layer has %s dB or more, but %s '%s' magnifies the errors of small values behind layer '%s', whose input '%s' has %d bits"
        .formatted(Figures.number(leastDb, 1), op, node, layer.name(), layer.input(), bits);
  }

  /** Says what to do. */
  public String remedy() {
    return bits < MOST_BITS
        ? "use 16 bits or float for activations, or activations = 16 for layer '%s' in a plan file"
            .formatted(layer.name())
        : "leave its input in float (activations = float for layer '%s' in a plan file)"
            .formatted(layer.name());
  }
}
