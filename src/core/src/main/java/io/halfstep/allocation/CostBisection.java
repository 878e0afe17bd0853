package io.halfstep.allocation;

import java.util.Optional;

/**
 * The search for the cheapest assignment on the Pareto front that is good enough, as a trial tells:
 * bisection of the cost, for a number of trials. Starts from an assignment that is good enough.
 */
public final class CostBisection {
  private final WidthProgramme programme;
  private int trials;

  /** The greatest cost that is known to be too low. */
  private long low;

  private long middle;
  private Assignment best;

  /**
   * Starts a search.
   *
   * @param best good enough
   * @param trials how many there may be
   */
  public CostBisection(WidthProgramme programme, Assignment best, int trials) {
    this.programme = programme;
    this.trials = trials;
    this.low = programme.leastCost() - 1;
    this.best = best;
  }

  /** Returns the next assignment to try; empty if {@link #best} is the result. */
  public Optional<Assignment> next() {
    while (trials > 0 && best.cost() - low > 1) {
      middle = low + (best.cost() - low) / 2;
      Assignment next = programme.solve(middle);
      if (next.cost() > low) {
        return Optional.of(next);
      }
      low = middle; // nothing on the front costs more than the old one and no more than this
    }
    return Optional.empty();
  }

  /** Tells what {@link #next} has given. */
  public void tried(Assignment assignment, boolean goodEnough) {
    trials--;
    if (goodEnough) {
      best = assignment;
    } else {
      low = middle;
    }
  }

  /** Returns the cheapest assignment known to be good enough. */
  public Assignment best() {
    return best;
  }
}
