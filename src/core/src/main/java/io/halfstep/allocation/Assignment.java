package io.halfstep.allocation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A width for each layer.
 *
 * @param bits per weight, by layer, in the order of the layers
 * @param cost of all layers
 * @param error the sum over the layers
 */
public record Assignment(Map<String, Integer> bits, long cost, double error) {
  /** Returns the signal-to-noise ratio in dB, if the error is the noise relative to the signal. */
  public double sqnrDb() {
    return -10 * Math.log10(error);
  }

  /** Returns the assignment of one width to each layer. */
  static Assignment of(List<LayerWidths> layers, List<Width> chosen) {
    Map<String, Integer> bits = new LinkedHashMap<>();
    IntStream.range(0, layers.size())
        .forEach(i -> bits.put(layers.get(i).layer(), chosen.get(i).bits()));
    return new Assignment(
        bits,
        chosen.stream().mapToLong(Width::cost).sum(),
        chosen.stream().mapToDouble(Width::error).sum());
  }
}
