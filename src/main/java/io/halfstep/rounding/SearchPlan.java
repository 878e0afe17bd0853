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
  private static final double[] ONE = {Metric.DAMPING};
  private static final double[] SIX = {0.1, 0.03, 0.01, 0.003, 0.001, 0.0003};
  private static final double[] EIGHT = {0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001};
  private static final SearchPlan QUICK = new SearchPlan(ONE, 0, 0, 0, false, 1 << 14);
  private static final SearchPlan THOROUGH = new SearchPlan(SIX, 0, 10, 5000, false, 1 << 17);
  private static final SearchPlan EXHAUSTIVE = new SearchPlan(EIGHT, 2, 60, 40_000, true, 1 << 20);

  /**
   * The plan for rows of length k.
   *
   * <p>The longer the row, the less is left to gain after the first start: on DeepLab-V3's rows of
   * 1152 to 4608 weights a tabu search of 5000 steps lowers L by less than 0.7 %, and takes more
   * time than all else together. So at normal effort long rows get no more than at fast.
   */
  static SearchPlan of(Effort effort, int k) {
    return switch (effort) {
      case FAST -> QUICK;
      case NORMAL -> RowBlock.areLong(k) ? QUICK : THOROUGH;
      case BEST -> EXHAUSTIVE;
    };
  }

  /** The same, with 16 times as many nodes. */
  SearchPlan proving() {
    return new SearchPlan(
        dampings, shuffledOrders, stepsPerWeight, maxSteps, pairs, 16 * exactNodes);
  }

  /** The steps of the tabu search for rows of length k. */
  int steps(int k) {
    return Math.min(maxSteps, stepsPerWeight * k);
  }

  /** How many starts there are. */
  int starts() {
    return dampings.length * (1 + shuffledOrders);
  }
}
