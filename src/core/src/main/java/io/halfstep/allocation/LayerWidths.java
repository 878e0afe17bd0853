package io.halfstep.allocation;

import java.util.Comparator;
import java.util.List;

/**
 * The widths that a layer may take; it takes exactly one of them.
 *
 * @param layer its name
 * @param widths at least one
 */
public record LayerWidths(String layer, List<Width> widths) {
  /**
   * @throws IllegalArgumentException if there is no width
   */
  public LayerWidths {
    widths = List.copyOf(widths);
    if (widths.isEmpty()) {
      throw new IllegalArgumentException(layer + ": no widths");
    }
  }

  /** Returns the least cost of the layer. */
  public long leastCost() {
    return widths.stream().mapToLong(Width::cost).min().orElseThrow();
  }

  /** Returns the width with the least {@code error + price·cost}, the cheapest of equals. */
  Width cheapest(double price) {
    return widths.stream()
        .min(
            Comparator.comparingDouble((Width width) -> width.error() + price * width.cost())
                .thenComparingLong(Width::cost))
        .orElseThrow();
  }
}
