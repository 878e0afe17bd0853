package io.halfstep.rounding.lattice;

import io.halfstep.rounding.Effort;

/**
 * What the lattice solver does for each row.
 *
 * @param candidates how many candidates successive rounding keeps
 * @param stepsPerWeight steps of the tabu search per weight of the row
 * @param maxSteps the most steps of the tabu search
 * @param pairs whether the search ends with moves of two weights at a time
 * @param exactNodes how many levels the exact search of a short row may try
 */
record SearchPlan(
    int candidates, int stepsPerWeight, int maxSteps, boolean pairs, long exactNodes) {
  private static final SearchPlan QUICK = new SearchPlan(4, 0, 0, false, 1 << 14);
  private static final SearchPlan THOROUGH = new SearchPlan(16, 5, 5000, false, 1 << 17);
  private static final SearchPlan WIDE = new SearchPlan(16, 0, 0, false, 1 << 17);
  private static final SearchPlan EXHAUSTIVE = new SearchPlan(128, 20, 20_000, true, 1 << 20);

  /** For rows of this length or more, what a tabu search gains is not worth its time. */
  private static final int LONG = 768;

  /** Returns the plan for rows of length k. */
  static SearchPlan of(Effort effort, int k) {
    return switch (effort) {
      case FAST -> QUICK;
      case NORMAL -> k < LONG ? THOROUGH : WIDE;
      case BEST -> EXHAUSTIVE;
    };
  }

  /** Returns the same plan with 16 times as many nodes for the exact search. */
  SearchPlan proving() {
    return new SearchPlan(candidates, stepsPerWeight, maxSteps, pairs, 16 * exactNodes);
  }

  /** Returns the number of steps of the tabu search for rows of length k. */
  int steps(int k) {
    return Math.min(maxSteps, stepsPerWeight * k);
  }
}
