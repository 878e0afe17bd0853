package io.halfstep.rounding;

/**
 * What the lattice solver does for each row.
 *
 * @param dampings of the starts, as shares of the diagonal's mean; all are tried in each order
 * @param shuffledOrders orders of descending diagonal, disturbed at random, besides the plain one
 * @param stepsPerWeight steps of the tabu search per weight of the row
 * @param maxSteps of the tabu search
 * @param pairs whether it ends with moves of two weights at a time
 * @param exactNodes how many levels the search for the proven optimum of a short row may try
 */
record SearchPlan(
    double[] dampings,
    int shuffledOrders,
    int stepsPerWeight,
    int maxSteps,
    boolean pairs,
    long exactNodes) {
  private static final int LONG_ROW = 1024;
  private static final double[] ONE = {Metric.DAMPING};
  private static final double[] SIX = {0.1, 0.03, 0.01, 0.003, 0.001, 0.0003};
  private static final double[] EIGHT = {0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001};

  static SearchPlan of(Effort effort) {
    return switch (effort) {
      case FAST -> new SearchPlan(ONE, 0, 0, 0, false, 1 << 14);
      case NORMAL -> new SearchPlan(SIX, 0, 10, 5000, false, 1 << 17);
      case BEST -> new SearchPlan(EIGHT, 2, 60, 40_000, true, 1 << 20);
    };
  }

  /**
   * The same for rows of length k. The longer the row, the less is left for the choice of the
   * damping to gain, while each costs k² for every row: long rows have but one.
   */
  SearchPlan ofLength(int k) {
    return k > LONG_ROW && dampings.length == SIX.length
        ? new SearchPlan(ONE, shuffledOrders, stepsPerWeight, maxSteps, pairs, exactNodes)
        : this;
  }

  /** The same, with 16 times as many nodes. */
  SearchPlan proving() {
    return new SearchPlan(
        dampings, shuffledOrders, stepsPerWeight, maxSteps, pairs, 16 * exactNodes);
  }

  /** How many starts there are. */
  int starts() {
    return dampings.length * (1 + shuffledOrders);
  }
}
