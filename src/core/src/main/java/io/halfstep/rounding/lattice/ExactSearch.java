package io.halfstep.rounding.lattice;

import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;

/**
 * The optimum of a short row by Schnorr–Euchner enumeration (C. P. Schnorr, M. Euchner 1994,
 * <em>Lattice basis reduction</em>, Math. Programming 66). It is a depth-first search: coordinates
 * follow the order of the Cholesky factor, and levels are tried by their distance from the
 * conditional optimum. A branch is cut once the sum of its squares reaches that of the best levels
 * found so far.
 */
final class ExactSearch {
  private static final long CHECK_INTERVAL = 4096;

  private final DampedCholesky factor;
  private final RowProblem row;
  private final SolverProgress progress;
  // [depth, coordinate]: the centre of each later coordinate, given the levels chosen so far
  private final double[][] centres;
  private final int[] levels;
  private final int[] best;
  private double bestSquares;
  private long nodesLeft;

  /**
   * A search that begins with known levels.
   *
   * @param factor of the row's Gram matrix, undamped or nearly so
   * @param start levels that the row may take; the search looks for better ones
   * @param nodes how many levels may be tried before the search gives up
   */
  ExactSearch(
      DampedCholesky factor, RowProblem row, int[] start, long nodes, SolverProgress progress) {
    this.factor = factor;
    this.row = row;
    this.progress = progress;
    nodesLeft = nodes;
    centres = new double[row.k + 1][row.k];
    centres[0] = factor.offsets(row.linear);
    levels = start.clone();
    best = start.clone();
    for (int i = 0; i < row.k; i++) {
      bestSquares += descend(i, levels[factor.order[i]]);
    }
    // otherwise a rounding error could cut the branch that leads to the start
    bestSquares *= 1 + 1e-12;
  }

  /** Runs the search. Returns true if {@link #best()} is proved optimal. */
  boolean run() {
    visit(0, 0);
    return nodesLeft > 0;
  }

  /** Returns the best levels found. */
  int[] best() {
    return best;
  }

  private void visit(int depth, double squares) {
    if (depth == row.k) {
      bestSquares = squares;
      System.arraycopy(levels, 0, best, 0, row.k);
      return;
    }
    int at = factor.order[depth];
    double target = (row.weight[at] - centres[depth][depth]) / row.step[at];
    int up = row.clamp(at, target);
    int down = up - 1;
    while (nodesLeft > 0) {
      boolean canUp = up <= row.highest[at];
      boolean canDown = down >= row.lowest[at];
      if (!canUp && !canDown) {
        return;
      }
      boolean goUp = canUp && (!canDown || row.value(up) - target <= target - row.value(down));
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

  /** Fixes a level and updates the later centres. Returns the square that the level costs. */
  private double descend(int depth, int level) {
    int k = row.k;
    int at = factor.order[depth];
    double d = row.step[at] * row.value(level) - row.weight[at];
    double[] centre = centres[depth];
    double[] next = centres[depth + 1];
    for (int j = depth + 1; j < k; j++) {
      next[j] = centre[j] + factor.v[depth * k + j] * d;
    }
    double distance = d + centre[depth];
    return factor.weight[depth] * distance * distance;
  }
}
