package io.halfstep.allocation;

import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * The widths that were chosen within a budget, and what other budgets would have bought.
 *
 * @param budget as the user gave it, e.g. {@code bits=3.5}
 * @param unit the cost of one unit of the budget
 * @param chosen the assignment within the budget
 * @param front the best assignments of other budgets, by rising cost
 */
public record Allocation(String budget, long unit, Assignment chosen, List<Assignment> front) {
  private static final int POINTS = 12;

  /**
   * Chooses the widths with the least error.
   *
   * @param limit the most that all layers may cost
   * @throws IllegalArgumentException if the limit is below the least cost
   */
  public static Allocation of(String budget, long unit, List<LayerWidths> layers, long limit) {
    WidthProgramme programme = new WidthProgramme(layers);
    long least = programme.leastCost();
    long range = programme.greatestCost() - least;
    List<Assignment> front =
        LongStream.rangeClosed(0, POINTS)
            .map(point -> least + range / POINTS * point)
            .mapToObj(programme::solve)
            .distinct()
            .toList();
    return new Allocation(budget, unit, programme.solve(limit), front);
  }

  /** Formats a cost in units of the budget. */
  public String describe(long cost) {
    return unit == 1
        ? Long.toString(cost)
        : String.format(Locale.ROOT, "%.2f", (double) cost / unit);
  }

  /** Returns the cost of an assignment in units of the budget. */
  public double amount(Assignment assignment) {
    return (double) assignment.cost() / unit;
  }
}
