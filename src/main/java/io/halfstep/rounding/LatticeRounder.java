package io.halfstep.rounding;

import io.halfstep.rounding.RowProblem.Reach;
import io.halfstep.statistics.Moments;
import java.util.stream.IntStream;

/**
 * Rounding as a search for the closest lattice vector: successive conditional rounding (Babai's
 * nearest plane) under several dampings, descent by single moves from each of its results, and a
 * tabu search from the best.
 */
final class LatticeRounder implements Rounder {
  private static final double[] DAMPINGS = {0.1, 0.03, 0.01, 0.003, 0.001, 0.0003};
  private static final int EXACT_MAX_K = 32;
  private static final long EXACT_NODES = 1 << 17;
  private static final int SEARCH_STEPS_PER_WEIGHT = 6;

  @Override
  public RoundingSolution solve(RoundingProblem problem, Control control) {
    Rounded rounded = new Rounded(problem);
    Progress progress = new Progress(control, (DAMPINGS.length + 1L) * problem.out());
    IntStream.range(0, problem.moments().size())
        .parallel()
        .forEach(group -> solveGroup(problem, group, rounded, progress));
    return rounded.solution();
  }

  private static void solveGroup(
      RoundingProblem problem, int group, Rounded rounded, Progress progress) {
    Moments moments = problem.moments().get(group);
    int rows = problem.rowsPerGroup();
    int[][] best = new int[rows][];
    double[] losses = new double[rows];
    double mean = RowProblem.meanDiagonal(moments.gram(), moments.k());
    int[] order = Triangle.byDiagonal(moments.gram(), moments.k());
    for (double damping : DAMPINGS) {
      progress.check();
      Triangle triangle =
          mean > Double.MIN_NORMAL
              ? Triangle.of(moments.gram(), moments.k(), order, damping * mean)
              : null;
      IntStream.range(0, rows)
          .parallel()
          .forEach(
              r -> {
                if (triangle != null) {
                  RowProblem row = new RowProblem(problem, group * rows + r, Reach.GRID);
                  Search search = new Search(row, triangle.round(row));
                  search.descend();
                  if (best[r] == null || search.loss() < losses[r]) {
                    best[r] = search.levels();
                    losses[r] = search.loss();
                  }
                }
                progress.step();
              });
    }
    Triangle undamped =
        mean > Double.MIN_NORMAL && moments.k() <= EXACT_MAX_K
            ? Triangle.of(moments.gram(), moments.k(), order, 1e-12 * mean)
            : null;
    IntStream.range(0, rows)
        .parallel()
        .forEach(
            r -> {
              int index = group * rows + r;
              RowProblem row = new RowProblem(problem, index, Reach.GRID);
              if (best[r] == null) {
                rounded.keep(index, row, row.nearest);
              } else {
                Search search = new Search(row, best[r]);
                search.tabu(
                    SEARCH_STEPS_PER_WEIGHT * row.k, RowProblem.random(problem, index), progress);
                int[] levels = search.levels();
                if (undamped != null) {
                  ExactSearch exact = new ExactSearch(undamped, row, levels, EXACT_NODES, progress);
                  exact.run();
                  levels = exact.best();
                }
                rounded.keepBetter(index, row, levels);
              }
              progress.step();
            });
  }
}
