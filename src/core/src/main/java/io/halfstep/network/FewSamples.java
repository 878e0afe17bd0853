package io.halfstep.network;

import io.halfstep.graph.Inspection;
import io.halfstep.graph.Layer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Notes about a run with few samples. */
public final class FewSamples {
  private static final long FEW = 32;
  private static final Set<String> NOT_LEARNED = Set.of("nearest", "stochastic");

  private FewSamples() {}

  /** Returns notes for the user, one line each. */
  public static List<String> notes(QuantizedNetwork network) {
    List<String> notes = new ArrayList<>();
    long samples = network.samples();
    if (samples == 0) {
      return List.of(
          "without samples, ranges and roundings follow from the model's batch norms, and what was"
              + " lost is not measured");
    }
    if (samples < FEW) {
      notes.add(
          "only %d sample%s: ranges and roundings may fit these and not others; several hundred are"
                  .formatted(samples, samples == 1 ? "" : "s")
              + " usual");
    }
    List<String> underdetermined = new ArrayList<>();
    Map<String, Layer> layers = new HashMap<>();
    network.graph().layers().forEach(layer -> layers.put(layer.name(), layer));
    boolean possible = layers.values().stream().anyMatch(layer -> samples < layer.layout().k());
    if (possible) {
      Map<String, Long> positions = positions(network);
      for (QuantizedLayer quantized : network.layers()) {
        Layer layer = layers.get(quantized.name());
        Long each = positions.get(quantized.name());
        if (layer != null
            && each != null
            && samples * each < layer.layout().k()
            && !NOT_LEARNED.contains(quantized.rounding())) {
          underdetermined.add(
              "%s (%d for %d)".formatted(layer.name(), samples * each, layer.layout().k()));
        }
      }
    }
    if (!underdetermined.isEmpty()) {
      notes.add(
          ("%d layer%s fewer input vectors than weights per output, %s%s: the rounding may"
                  + " fit these samples only; use more")
              .formatted(
                  underdetermined.size(),
                  underdetermined.size() == 1 ? " has" : "s have",
                  underdetermined.get(0),
                  underdetermined.size() > 1 ? ", …" : ""));
    }
    return notes;
  }

  /** Returns how many input vectors a sample gives to each layer, where that is known. */
  private static Map<String, Long> positions(QuantizedNetwork network) {
    Map<String, Long> positions = new HashMap<>();
    for (Inspection layer : Inspection.of(network.graph())) {
      long weights = layer.weightShape().stream().reduce(1L, (a, b) -> a * b);
      if (layer.quantized() && layer.macs().isPresent() && weights > 0) {
        positions.put(layer.name(), layer.macs().getAsLong() / weights);
      }
    }
    return positions;
  }
}
