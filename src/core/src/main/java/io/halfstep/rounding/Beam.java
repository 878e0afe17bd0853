package io.halfstep.rounding;

/**
 * Successive conditional rounding of one row that keeps the best few beginnings where Babai's
 * nearest plane keeps one (the K-best algorithm: Z. Guo, P. Nilsson 2006, <em>Algorithm and
 * implementation of the K-best sphere decoding for MIMO detection</em>, IEEE J. Sel. Areas Commun.
 * 24). Of each beginning the two levels nearest to the optimum of the next coordinate go on, and of
 * all those the cheapest stay.
 *
 * <p>It works in panels of coordinates: within one the centres follow at once, what it does to
 * those of later panels is the caller's, for all rows together.
 */
final class Beam {
  static final int PANEL = 64;

  private final Triangle triangle;
  private final RowProblem row;
  private final int width;
  private final int panel;
  private int alive = 1;
  private double[] costs;
  // [coordinate of the order, survivor]: which survivor it comes from, and the level it chose
  private final int[] parents;
  private final int[] chosen;

  // [survivor, coordinate of the panel]: the constant of each bracket that is yet to be closed
  private double[] centres;
  private double[] nextCentres;
  private double[] nextCosts;

  /**
   * @param width how many beginnings are kept, at least 1
   * @param panel how many coordinates are rounded at once, at most
   */
  Beam(Triangle triangle, RowProblem row, int width, int panel) {
    this.triangle = triangle;
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

  /** How many beginnings there are. */
  int alive() {
    return alive;
  }

  /** Where the centres of a panel go, {@code [alive, panel]}, before {@link #round}. */
  double[] centres() {
    return centres;
  }

  /** The place of a survivor's first centre. */
  int at(int survivor) {
    return survivor * panel;
  }

  /** Fixes the coordinates {@code [from, to)} of the order. */
  void round(int from, int to) {
    for (int i = from; i < to; i++) {
      int kept = choose(i, i - from);
      for (int s = 0; s < kept; s++) {
        follow(s, i, from, to);
      }
      alive = kept;
      double[] t = centres;
      centres = nextCentres;
      nextCentres = t;
      t = costs;
      costs = nextCosts;
      nextCosts = t;
    }
  }

  /** The cheapest levels of coordinate i, cheapest first; returns how many there are. */
  private int choose(int i, int column) {
    int at = triangle.order[i];
    int kept = 0;
    for (int s = 0; s < alive; s++) {
      double centre = centres[at(s) + column];
      double target = (row.weight[at] - centre) / row.step[at];
      int level = row.clamp(at, target);
      kept = offer(kept, i, s, level, cost(i, s, level, centre));
      int second = target > level ? level + 1 : level - 1;
      if (second >= row.lowest[at] && second <= row.highest[at]) {
        kept = offer(kept, i, s, second, cost(i, s, second, centre));
      }
    }
    return kept;
  }

  private double cost(int i, int survivor, int level, double centre) {
    double bracket = displacement(i, level) + centre;
    return costs[survivor] + triangle.weight[i] * bracket * bracket;
  }

  private double displacement(int i, int level) {
    int at = triangle.order[i];
    return row.step[at] * level - row.weight[at];
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

  /** The later centres of the panel as survivor s of coordinate i leaves them. */
  private void follow(int s, int i, int from, int to) {
    double d = displacement(i, chosen[i * width + s]);
    int old = at(parents[i * width + s]) - from;
    int own = at(s) - from;
    int v = i * row.k;
    for (int j = i + 1; j < to; j++) {
      nextCentres[own + j] = centres[old + j] + triangle.v[v + j] * d;
    }
  }

  /**
   * What a survivor did in the panel that was rounded last.
   *
   * @param moved gets its displacements of the coordinates {@code [from, to)}
   * @return which survivor it was before the panel
   */
  int trace(int survivor, int from, int to, double[] moved) {
    int s = survivor;
    for (int i = to - 1; i >= from; i--) {
      moved[i - from] = displacement(i, chosen[i * width + s]);
      s = parents[i * width + s];
    }
    return s;
  }

  /** The levels of the best survivor, each in its own place; all coordinates are fixed. */
  int[] best() {
    int[] levels = new int[row.k];
    int s = 0;
    for (int i = row.k - 1; i >= 0; i--) {
      levels[triangle.order[i]] = chosen[i * width + s];
      s = parents[i * width + s];
    }
    return levels;
  }
}
