package io.halfstep.rounding.lattice;

import io.halfstep.rounding.row.RowProblem;

/**
 * The candidates of one row in successive rounding. A candidate is a row whose first coordinates
 * are rounded. Babai's nearest plane keeps one candidate; the K-best algorithm keeps the K cheapest
 * (Z. Guo, P. Nilsson 2006, <em>Algorithm and implementation of the K-best sphere decoding for MIMO
 * detection</em>, IEEE J. Sel. Areas Commun. 24). Each candidate is continued with the two levels
 * nearest to the optimum of the next coordinate, and the cheapest of all continuations are kept.
 *
 * <p>Coordinates are rounded in panels. Within a panel, this class updates the centres; the caller
 * updates those of later panels, for all rows together. (The centre of a coordinate is the sum of
 * what earlier coordinates and the linear term contribute to its square.)
 */
final class KBestCandidates {
  /** The number of coordinates in a panel of long rows. */
  static final int PANEL = 64;

  private final DampedCholesky factor;
  private final RowProblem row;
  private final int width;
  private final int panel;
  private int count = 1;
  private double[] costs;
  // [coordinate of the order, candidate]: which candidate it continues, and with which level
  private final int[] parents;
  private final int[] chosen;

  // [candidate, coordinate of the panel]: the centres of the coordinates not yet rounded
  private double[] centres;
  private double[] nextCentres;
  private double[] nextCosts;

  /**
   * A row with no coordinate rounded: one candidate.
   *
   * @param width how many candidates are kept, at least 1
   * @param panel the most coordinates that one call rounds
   */
  KBestCandidates(DampedCholesky factor, RowProblem row, int width, int panel) {
    this.factor = factor;
    this.row = row;
    this.width = width;
    costs = new double[width];
    nextCosts = new double[width];
    parents = new int[row.k * width];
    chosen = new int[row.k * width];
    this.panel = panel;
    centres = new double[width * panel];
    nextCentres = new double[width * panel];
  }

  /** Returns the number of candidates. */
  int count() {
    return count;
  }

  /**
   * The centres of a panel, {@code [count, panel]}. The caller fills them before {@link #round}.
   */
  double[] centres() {
    return centres;
  }

  /** Returns the index of a candidate's first centre. */
  int at(int candidate) {
    return candidate * panel;
  }

  /** Rounds the coordinates {@code [from, to)} of the order. */
  void round(int from, int to) {
    for (int i = from; i < to; i++) {
      int kept = choose(i, i - from);
      for (int s = 0; s < kept; s++) {
        follow(s, i, from, to);
      }
      count = kept;
      double[] t = centres;
      centres = nextCentres;
      nextCentres = t;
      t = costs;
      costs = nextCosts;
      nextCosts = t;
    }
  }

  /** Keeps the cheapest continuations at coordinate i, cheapest first. Returns their number. */
  private int choose(int i, int column) {
    int at = factor.order[i];
    int kept = 0;
    for (int s = 0; s < count; s++) {
      double centre = centres[at(s) + column];
      double target = (row.weight[at] - centre) / row.step[at];
      int level = row.clamp(at, target);
      kept = offer(kept, i, s, level, cost(i, s, level, centre));
      int second = target > row.value(level) ? level + 1 : level - 1;
      if (second >= row.lowest[at] && second <= row.highest[at]) {
        kept = offer(kept, i, s, second, cost(i, s, second, centre));
      }
    }
    return kept;
  }

  private double cost(int i, int candidate, int level, double centre) {
    double distance = displacement(i, level) + centre;
    return costs[candidate] + factor.weight[i] * distance * distance;
  }

  private double displacement(int i, int level) {
    int at = factor.order[i];
    return row.step[at] * row.value(level) - row.weight[at];
  }

  private int offer(int kept, int i, int parent, int level, double cost) {
    int place = kept;
    while (place > 0 && nextCosts[place - 1] > cost) {
      place--;
    }
    if (place == width) {
      return kept;
    }
    int last = Math.min(kept, width - 1);
    int begin = i * width;
    System.arraycopy(nextCosts, place, nextCosts, place + 1, last - place);
    System.arraycopy(parents, begin + place, parents, begin + place + 1, last - place);
    System.arraycopy(chosen, begin + place, chosen, begin + place + 1, last - place);
    nextCosts[place] = cost;
    parents[begin + place] = parent;
    chosen[begin + place] = level;
    return last + 1;
  }

  /** Updates the later centres of the panel for candidate s of coordinate i. */
  private void follow(int s, int i, int from, int to) {
    double d = displacement(i, chosen[i * width + s]);
    int old = at(parents[i * width + s]) - from;
    int own = at(s) - from;
    int v = i * row.k;
    for (int j = i + 1; j < to; j++) {
      nextCentres[own + j] = centres[old + j] + factor.v[v + j] * d;
    }
  }

  /**
   * How a candidate came through the panel that was rounded last.
   *
   * @param moved receives its displacements of the coordinates {@code [from, to)}
   * @return the candidate that it continues from before the panel
   */
  int trace(int candidate, int from, int to, double[] moved) {
    int s = candidate;
    for (int i = to - 1; i >= from; i--) {
      moved[i - from] = displacement(i, chosen[i * width + s]);
      s = parents[i * width + s];
    }
    return s;
  }

  /**
   * Returns the levels of the best candidate, in the order of the row. All coordinates are rounded.
   */
  int[] best() {
    int[] levels = new int[row.k];
    int s = 0;
    for (int i = row.k - 1; i >= 0; i--) {
      levels[factor.order[i]] = chosen[i * width + s];
      s = parents[i * width + s];
    }
    return levels;
  }
}
