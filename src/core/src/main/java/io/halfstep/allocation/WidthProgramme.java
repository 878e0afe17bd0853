package io.halfstep.allocation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The multiple-choice knapsack problem
 *
 * <pre>
 *   min Σ_{l,b} Ω_{l,b} x_{l,b}   with Σ_b x_{l,b} = 1 for each l,  Σ_{l,b} cost_{l,b} x_{l,b} ≤ limit
 * </pre>
 *
 * for x ∈ {0, 1} (the integer programme of HAWQ-V3, [H]), solved exactly by dynamic programming
 * with bounds (D. Pisinger 1995, <em>A minimal algorithm for the multiple-choice knapsack
 * problem</em>, European J. Operational Research 83): layer after layer, of the assignments of the
 * layers so far only those are kept that no other beats in cost and error, and of these only those
 * that, by the Lagrangian bound {@code min_x Σ (Ω + λ·cost)·x − λ·limit}, may still lead to less
 * error than a known assignment. The result depends on nothing but the numbers.
 */
public final class WidthProgramme {
  /** Halvings of the interval of λ; beyond these, double precision has no number in between. */
  private static final int HALVINGS = 200;

  /** An assignment of the first layers. */
  private record Partial(long cost, double error, Assignment last, @Nullable Partial before) {}

  private final List<Choice> layers;

  /** Creates the problem of these choices, each of other layers. */
  public WidthProgramme(List<Choice> layers) {
    this.layers = List.copyOf(layers);
  }

  /** Returns the least cost that any assignment has. */
  public long leastCost() {
    return layers.stream().mapToLong(Choice::leastCost).sum();
  }

  /** Returns the cost beyond which the error does not fall. */
  public long greatestCost() {
    return cheapest(0).cost();
  }

  /**
   * Returns the assignment with the least error.
   *
   * @throws IllegalArgumentException if the limit is below {@link #leastCost}
   */
  public Assignment solve(long limit) {
    if (limit < leastCost()) {
      throw new IllegalArgumentException(limit + " is less than " + leastCost());
    }
    Assignment free = cheapest(0);
    return free.cost() <= limit ? free : within(limit);
  }

  private Assignment within(long limit) {
    double price = price(limit);
    Assignment known = cheapest(price);
    double[] bounds = bounds(price);
    long rest = leastCost();
    List<Partial> partials = List.of();
    for (int l = 0; l < layers.size(); l++) {
      Choice layer = layers.get(l);
      rest -= layer.leastCost();
      List<Partial> longer = new ArrayList<>();
      for (Assignment width : layer.options()) {
        if (l == 0) {
          longer.add(new Partial(width.cost(), width.error(), width, null));
        }
        for (Partial partial : partials) {
          longer.add(
              new Partial(
                  partial.cost() + width.cost(), partial.error() + width.error(), width, partial));
        }
      }
      long most = limit - rest;
      double bound = bounds[l + 1];
      longer.removeIf(
          partial ->
              partial.cost() > most
                  || partial.error() + bound - price * (limit - partial.cost()) >= known.error());
      partials = ParetoFront.of(longer, Partial::cost, Partial::error);
    }
    return partials.isEmpty() ? known : assignment(partials.get(partials.size() - 1));
  }

  /** Returns the least λ, nearly, with which the Lagrangian's assignment is within the limit. */
  private double price(long limit) {
    double high = 1e-30;
    while (cheapest(high).cost() > limit) {
      high *= 2;
    }
    double low = 0;
    for (int i = 0; i < HALVINGS; i++) {
      double middle = (low + high) / 2;
      if (cheapest(middle).cost() > limit) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /**
   * Returns the assignment with the least {@code Σ (error + price·cost)}, the cheapest of equals.
   */
  private Assignment cheapest(double price) {
    return Assignment.all(layers.stream().map(layer -> layer.cheapest(price)).toList());
  }

  /** Returns the least {@code Σ (error + price·cost)} of the layers from each one on. */
  private double[] bounds(double price) {
    double[] bounds = new double[layers.size() + 1];
    for (int l = layers.size() - 1; l >= 0; l--) {
      Assignment width = layers.get(l).cheapest(price);
      bounds[l] = bounds[l + 1] + width.error() + price * width.cost();
    }
    return bounds;
  }

  private Assignment assignment(Partial whole) {
    List<Assignment> widths = new ArrayList<>();
    for (Partial partial = whole; partial != null; partial = partial.before()) {
      widths.add(partial.last());
    }
    Collections.reverse(widths);
    return Assignment.all(widths);
  }
}
