package io.halfstep.allocation;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Widths for some layers, or for all.
 *
 * @param bits by layer
 * @param cost of these layers
 * @param error what they add to the error of the network; errors of layers add up
 */
public record Assignment(Map<String, Bits> bits, long cost, double error) {
  /** Returns the signal-to-noise ratio in dB, if the error is the noise relative to the signal. */
  public double sqnrDb() {
    return -10 * Math.log10(error);
  }

  /** Returns the assignments of different layers as one. */
  static Assignment all(Collection<Assignment> parts) {
    Map<String, Bits> bits = new LinkedHashMap<>();
    parts.forEach(part -> bits.putAll(part.bits));
    return new Assignment(
        bits,
        parts.stream().mapToLong(Assignment::cost).sum(),
        parts.stream().mapToDouble(Assignment::error).sum());
  }
}
