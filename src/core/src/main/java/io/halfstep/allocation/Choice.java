package io.halfstep.allocation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The widths that a layer may take, or layers that read the same tensor together; they take exactly
 * one of the options.
 *
 * @param options at least one
 */
public record Choice(List<Assignment> options) {
  /**
   * @throws IllegalArgumentException if there is no option
   */
  public Choice {
    options = List.copyOf(options);
    if (options.isEmpty()) {
      throw new IllegalArgumentException("nothing to choose from");
    }
  }

  /**
   * Returns the choice of layers that have the same bits per activation, since they read the same
   * tensor. Options that another beats in cost and error are left out.
   *
   * @throws IllegalArgumentException if no bits per activation are among the options of every layer
   */
  public static Choice together(List<Choice> layers) {
    List<Assignment> all = new ArrayList<>();
    SortedMap<Integer, List<Assignment>> joint = layers.get(0).byActivations();
    for (Choice layer : layers.subList(1, layers.size())) {
      SortedMap<Integer, List<Assignment>> more = layer.byActivations();
      joint.keySet().retainAll(more.keySet());
      joint.replaceAll((bits, options) -> pairs(options, more.getOrDefault(bits, List.of())));
    }
    joint.values().forEach(all::addAll);
    return new Choice(ParetoFront.of(all, Assignment::cost, Assignment::error));
  }

  private SortedMap<Integer, List<Assignment>> byActivations() {
    SortedMap<Integer, List<Assignment>> options = new TreeMap<>();
    for (Assignment option : this.options) {
      int bits = option.bits().values().iterator().next().activations();
      options.computeIfAbsent(bits, width -> new ArrayList<>()).add(option);
    }
    return options;
  }

  private static List<Assignment> pairs(List<Assignment> first, List<Assignment> second) {
    List<Assignment> pairs = new ArrayList<>();
    for (Assignment one : first) {
      second.forEach(other -> pairs.add(Assignment.all(List.of(one, other))));
    }
    return ParetoFront.of(pairs, Assignment::cost, Assignment::error);
  }

  long leastCost() {
    return options.stream().mapToLong(Assignment::cost).min().orElseThrow();
  }

  /** Returns the option with the least {@code error + price·cost}, the cheapest of equals. */
  Assignment cheapest(double price) {
    return options.stream()
        .min(
            Comparator.comparingDouble(
                    (Assignment option) -> option.error() + price * option.cost())
                .thenComparingLong(Assignment::cost))
        .orElseThrow();
  }
}
