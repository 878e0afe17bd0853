package io.halfstep.export;

import static io.halfstep.text.Figures.number;

import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.text.Figures;
import java.util.List;

/**
 * Sums over the weights of all quantized layers.
 *
 * @param weights their number
 * @param zeros how many of them are 0
 * @param storedBytes {@link StoredSize#of}
 * @param huffmanBytes {@link StoredSize#huffman}
 */
public record WeightTotals(long weights, long zeros, long storedBytes, long huffmanBytes) {
  /** Returns the sums over a network. */
  public static WeightTotals of(QuantizedNetwork network) {
    StoredSize size = StoredSize.in(network.graph(), network.target());
    List<QuantizedWeight> weights = network.layers().stream().map(QuantizedLayer::weight).toList();
    return new WeightTotals(
        weights.stream().mapToLong(QuantizedWeight::size).sum(),
        weights.stream().mapToLong(QuantizedWeight::zeros).sum(),
        weights.stream().mapToLong(size::of).sum(),
        weights.stream().mapToLong(size::huffman).sum());
  }

  /** Returns the share of zeros, from 0 to 1. */
  public double zeroShare() {
    return (double) zeros / Math.max(1, weights);
  }

  /** Says all of it in a line. */
  @Override
  public String toString() {
    return "weights of layers: %s, %s if Huffman coded; %s %% of them are 0"
        .formatted(
            Figures.bytes(storedBytes), Figures.bytes(huffmanBytes), number(100 * zeroShare(), 1));
  }
}
