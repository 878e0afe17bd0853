package io.halfstep.rounding;

import io.halfstep.rounding.RowProblem.Reach;
import io.halfstep.statistics.Moments;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Rounding as a search for the closest lattice vector: successive conditional rounding (Babai's
 * nearest plane) under several dampings, descent by single moves from each of its results, a tabu
 * search from the best of them, and the proven optimum where rows are short.
 *
 * <p>Weights may go to any level of the grid, not only to {⌊w/s⌋, ⌈w/s⌉}.
 */
final class LatticeRounder implements Rounder {
  /*
   * Mean L/L(nearest) over ResNet-14's 16 layers, per channel, symmetric, MSE scales, and
   * processor seconds (moments of a student whose preceding layers are rounded):
   *                                           4 bits           2 bits
   *   as below                                0.320 (1.6 s)    0.326 (2.1 s)
   *   within {floor, ceiling}                 0.326 (1.7 s)    0.436 (2.0 s)
   *   20 steps per weight, no maximum         0.319 (2.8 s)    0.326 (3.1 s)
   *   one damping (0.01), 6 steps per weight  0.323 (0.9 s)    0.328 (1.1 s)
   *   neither search nor exact                0.337            0.334
   *   nor descent (Babai, best of six)        0.344            0.463
   * The longer the row, the less is left for the choice of the damping to gain, while each costs
   * k² for every row: long rows have but one.
   */
  private static final double[] DAMPINGS = {0.1, 0.03, 0.01, 0.003, 0.001, 0.0003};
  private static final double[] DAMPING_OF_LONG_ROWS = {0.01};
  private static final int LONG_ROW = 1024;
  private static final int STEPS_PER_WEIGHT = 10;
  private static final int MAX_STEPS = 5000;
  private static final int EXACT_MAX_K = 32;
  private static final long EXACT_NODES = 1 << 17;
  // leaves the objective as it is, but a singular matrix positive definite
  private static final double EXACT_DAMPING = 1e-12;

  @Override
  public RoundingSolution solve(RoundingProblem problem, Control control) {
    Rounded rounded = new Rounded(problem);
    Progress progress = new Progress(control, (dampings(problem.k()).length + 1L) * problem.out());
    IntStream.range(0, problem.moments().size())
        .parallel()
        .forEach(group -> new Group(problem, group, rounded, progress).solve());
    return rounded.solution();
  }

  private static double[] dampings(int k) {
    return k > LONG_ROW ? DAMPING_OF_LONG_ROWS : DAMPINGS;
  }

  private static final class Group {
    private final RoundingProblem problem;
    private final Moments moments;
    private final int rows;
    private final int firstRow;
    private final Rounded rounded;
    private final Progress progress;
    private final double meanDiagonal;
    private final int[][] best;
    private final double[] bestLoss;

    Group(RoundingProblem problem, int group, Rounded rounded, Progress progress) {
      this.problem = problem;
      this.rounded = rounded;
      this.progress = progress;
      moments = problem.moments().get(group);
      rows = problem.rowsPerGroup();
      firstRow = group * rows;
      meanDiagonal = RowProblem.meanDiagonal(moments.gram(), moments.k());
      best = new int[rows][];
      bestLoss = new double[rows];
    }

    void solve() {
      // without data, or with vanishing inputs, every row is its nearest
      if (meanDiagonal > Double.MIN_NORMAL) {
        int[] order = Triangle.byDiagonal(moments.gram(), moments.k());
        for (double damping : dampings(moments.k())) {
          progress.check();
          Triangle triangle = triangle(order, damping);
          eachRow(r -> start(r, triangle));
        }
        Triangle undamped = moments.k() <= EXACT_MAX_K ? triangle(order, EXACT_DAMPING) : null;
        eachRow(r -> finish(r, undamped));
      } else {
        eachRow(r -> rounded.keep(firstRow + r, row(r), row(r).nearest));
      }
    }

    private interface RowStep {
      void run(int row);
    }

    private void eachRow(RowStep step) {
      IntStream.range(0, rows)
          .parallel()
          .forEach(
              r -> {
                step.run(r);
                progress.step();
              });
    }

    private RowProblem row(int r) {
      return new RowProblem(problem, firstRow + r, Reach.GRID);
    }

    private @Nullable Triangle triangle(int[] order, double damping) {
      return Triangle.of(moments.gram(), moments.k(), order, damping * meanDiagonal);
    }

    private void start(int r, @Nullable Triangle triangle) {
      RowProblem row = row(r);
      Search search = new Search(row, triangle == null ? row.nearest : triangle.round(row));
      search.descend();
      if (best[r] == null || search.loss() < bestLoss[r]) {
        best[r] = search.levels();
        bestLoss[r] = search.loss();
      }
    }

    private void finish(int r, @Nullable Triangle undamped) {
      RowProblem row = row(r);
      Search search = new Search(row, best[r]);
      int steps = Math.min(MAX_STEPS, STEPS_PER_WEIGHT * row.k);
      search.tabu(steps, RowProblem.random(problem, firstRow + r), progress);
      int[] levels = search.levels();
      if (undamped != null) {
        ExactSearch exact = new ExactSearch(undamped, row, levels, EXACT_NODES, progress);
        exact.run();
        levels = exact.best();
      }
      rounded.keepBetter(firstRow + r, row, levels);
    }
  }
}
