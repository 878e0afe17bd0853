package io.halfstep.cli;

import static io.halfstep.text.Figures.brief;
import static io.halfstep.text.Figures.number;

import io.halfstep.graph.Layer;
import io.halfstep.network.LossBehindLayers;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Warnings about outputs that lost most of their accuracy in quantization. */
final class OutputWarnings {
  /** Below this, the noise has more than a tenth of the signal's power. */
  private static final double COLLAPSED_DB = 10;

  private OutputWarnings() {}

  /** Returns one line for each such output, with the likely cause and what to do. */
  static List<String> of(QuantizedNetwork network) {
    Map<String, Double> collapsed =
        network.outputSqnrDb().entrySet().stream()
            .filter(output -> output.getValue() < COLLAPSED_DB)
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    if (collapsed.isEmpty()) {
      return List.of();
    }
    String cause = cause(network);
    List<String> warnings = new ArrayList<>();
    collapsed.forEach(
        (name, db) ->
            warnings.add(
                "output %s: SQNR is only %s dB: %s".formatted(name, number(db, 1), cause)));
    return warnings;
  }

  private static String cause(QuantizedNetwork network) {
    return MixedRanges.worst(network)
        .map(mixed -> describe(mixed, network))
        .or(() -> LossBehindLayers.of(network).map(loss -> loss.finding() + "; " + loss.remedy()))
        .orElseGet(() -> general(network));
  }

  private static String describe(MixedRanges mixed, QuantizedNetwork network) {
    String readers =
        network.graph().layers().stream()
            .filter(layer -> layer.input().equals(mixed.tensor()))
            .map(Layer::name)
            .collect(Collectors.joining(", "));
    String bits = mixed.fitsSixteenBits() ? "16" : "float";
    return ("tensor '%s' holds two ranges under one scale, as where scores stand beside pixel"
            + " coordinates: %s and %s, but its steps are %s wide; %s (activations = %s for %s in a"
            + " plan file)")
        .formatted(
            mixed.tensor(),
            mixed.wide(),
            mixed.narrow(),
            brief(mixed.step()),
            mixed.fitsSixteenBits() ? "give it 16 bits" : "leave it in float",
            bits,
            readers);
  }

  private static String general(QuantizedNetwork network) {
    String weakest =
        network.layers().stream()
            .min(Comparator.comparingDouble(QuantizedLayer::sqnrDb))
            .map(
                layer ->
                    "; the lowest of all layers is %s dB at %s"
                        .formatted(number(layer.sqnrDb(), 1), layer.name()))
            .orElse("");
    return "use more bits for the weights"
        + (network.activations().isEmpty() ? "" : ", or --activations 16 or float")
        + weakest;
  }
}
