package io.halfstep.rounding;

/**
 * The optimum of a short row by depth-first search with pruning (Schnorr–Euchner: C. P. Schnorr, M.
 * Euchner 1994, <em>Lattice basis reduction</em>, Math. Programming 66): coordinates in the
 * triangle's order, levels by their distance from the conditional optimum, and a branch is cut as
 * soon as the squares so far reach those of the best levels known.
 */
final class ExactSearch {
  private static final long CHECK_INTERVAL = 4096;

  private final Triangle triangle;
  private final RowProblem row;
  private final Progress progress;
  // [depth, coordinate]: the constant of each later bracket, given the levels chosen so far
  private final double[][] centres;
  private final int[] levels;
  private final int[] best;
  private double bestSquares;
  private long nodesLeft;

  /**
   * @param triangle of the row's matrix, undamped or nearly so
   * @param start levels within reach; the search looks for better ones
   * @param nodes how many levels may be tried before the search gives up
   */
  ExactSearch(Triangle triangle, RowProblem row, int[] start, long nodes, Progress progress) {
    this.triangle = triangle;
    this.row = row;
    this.progress = progress;
    nodesLeft = nodes;
    centres = new double[row.k + 1][row.k];
    centres[0] = triangle.offsets(row.linear);
    levels = start.clone();
    best = start.clone();
    for (int i = 0; i < row.k; i++) {
      bestSquares += descend(i, levels[triangle.order[i]]);
    }
    // rounding must not let the start win against itself
    bestSquares *= 1 + 1e-12;
  }

  /** Searches; true if {@link #best()} is proved to be an optimum. */
  boolean run() {
    visit(0, 0);
    return nodesLeft > 0;
  }

  int[] best() {
    return best;
  }

  private void visit(int depth, double squares) {
    if (depth == row.k) {
      bestSquares = squares;
      System.arraycopy(levels, 0, best, 0, row.k);
      return;
    }
    int at = triangle.order[depth];
    double target = (row.weight[at] - centres[depth][depth]) / row.step[at];
    int up = row.clamp(at, target);
    int down = up - 1;
    while (nodesLeft > 0) {
      boolean canUp = up <= row.highest[at];
      boolean canDown = down >= row.lowest[at];
      if (!canUp && !canDown) {
        return;
      }
      boolean goUp = canUp && (!canDown || up - target <= target - down);
      levels[at] = goUp ? up++ : down--;
      if (--nodesLeft % CHECK_INTERVAL == 0) {
        progress.check();
      }
      double sum = squares + descend(depth, levels[at]);
      if (sum >= bestSquares) {
        return;
      }
      visit(depth + 1, sum);
    }
  }

  /** Fixes a level: the square that it costs; the later centres follow. */
  private double descend(int depth, int level) {
    int k = row.k;
    int at = triangle.order[depth];
    double d = row.step[at] * level - row.weight[at];
    double[] centre = centres[depth];
    double[] next = centres[depth + 1];
    for (int j = depth + 1; j < k; j++) {
      next[j] = centre[j] + triangle.v[depth * k + j] * d;
    }
    double bracket = d + centre[depth];
    return triangle.weight[depth] * bracket * bracket;
  }
}
