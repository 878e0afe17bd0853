package io.halfstep.allocation;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * The widths that were chosen, and what others would have cost.
 *
 * @param budget as the user gave it, e.g. {@code bits=3.5}
 * @param unit the cost of one unit of the budget
 * @param chosen the assignment
 * @param front the best assignments for other costs, by rising cost
 * @param measured the assignments that were tried, in order; empty if the budget decided
 */
public record Allocation(
    String budget, long unit, Assignment chosen, List<Assignment> front, List<Measured> measured) {
  private static final int POINTS = 12;

  /**
   * Chooses the widths with the least error.
   *
   * @param limit the most that all layers may cost
   * @throws IllegalArgumentException if the limit is below the least cost
   */
  public static Allocation within(String budget, long unit, WidthProgramme programme, long limit) {
    return new Allocation(budget, unit, programme.solve(limit), front(programme), List.of());
  }

  /** Returns the widths that trials have chosen. */
  public static Allocation tried(
      String budget,
      long unit,
      WidthProgramme programme,
      Assignment chosen,
      List<Measured> measured) {
    return new Allocation(budget, unit, chosen, front(programme), List.copyOf(measured));
  }

  private static List<Assignment> front(WidthProgramme programme) {
    long least = programme.leastCost();
    long range = programme.greatestCost() - least;
    return LongStream.rangeClosed(0, POINTS)
        .map(point -> least + range / POINTS * point)
        .mapToObj(programme::solve)
        .distinct()
        .toList();
  }

  /** Returns what the trial of an assignment has given; empty if it was not tried. */
  public Optional<Measured> measuredOf(Assignment assignment) {
    return measured.stream().filter(found -> found.assignment().equals(assignment)).findFirst();
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
