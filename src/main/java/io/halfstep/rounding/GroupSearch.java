package io.halfstep.rounding;

import io.halfstep.rounding.RowProblem.Reach;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The lattice solver's search over the rows of one group, which share their factorizations. */
final class GroupSearch {
  /*
   * Mean L/L(nearest) over ResNet-14's 16 layers, per channel, symmetric, MSE scales, and
   * processor seconds (moments of a student whose preceding layers are rounded):
   *                                           4 bits           2 bits
   *   as at normal effort                     0.320 (1.6 s)    0.326 (2.1 s)
   *   within {floor, ceiling}                 0.326 (1.7 s)    0.436 (2.0 s)
   *   20 steps per weight, no maximum         0.319 (2.8 s)    0.326 (3.1 s)
   *   one damping (0.01), 6 steps per weight  0.323 (0.9 s)    0.328 (1.1 s)
   *   neither search nor exact                0.337            0.334
   *   nor descent (Babai, best of six)        0.344            0.463
   */
  private static final int EXACT_MAX_K = 32;
  // leaves the objective as it is, but a singular matrix positive definite
  private static final double EXACT_DAMPING = 1e-12;

  private final RoundingProblem problem;
  private final Metric metric;
  private final SearchPlan plan;
  private final Rounded rounded;
  private final Progress progress;
  private final int rows;
  private final int firstRow;
  private final int[][] best;
  private final double[] bestLoss;

  GroupSearch(
      RoundingProblem problem,
      int group,
      Metric metric,
      SearchPlan plan,
      Rounded rounded,
      Progress progress) {
    this.problem = problem;
    this.metric = metric;
    this.plan = plan;
    this.rounded = rounded;
    this.progress = progress;
    rows = problem.rowsPerGroup();
    firstRow = group * rows;
    best = new int[rows][];
    bestLoss = new double[rows];
  }

  /**
   * Solves all rows.
   *
   * @param known levels of each row of the problem, or null where none are known: a solution is
   *     never worse than these
   */
  void solve(int @Nullable [][] known) {
    if (metric.isVanishing()) {
      eachRow(r -> rounded.keep(firstRow + r, row(r), row(r).nearest));
      return;
    }
    for (int r = 0; known != null && r < rows; r++) {
      best[r] = known[firstRow + r];
      bestLoss[r] = row(r).loss(best[r]);
    }
    SplittableRandom random = RowProblem.random(problem, firstRow);
    for (int shuffled = 0; shuffled <= plan.shuffledOrders(); shuffled++) {
      int[] order = shuffled == 0 ? metric.byDiagonal() : metric.disturbed(random);
      for (double damping : plan.dampings()) {
        progress.check();
        Triangle triangle = metric.factor(order, damping, progress);
        eachRow(r -> start(r, triangle));
      }
    }
    Triangle undamped =
        problem.k() <= EXACT_MAX_K
            ? metric.factor(metric.byDiagonal(), EXACT_DAMPING, progress)
            : null;
    eachRow(r -> finish(r, undamped));
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
    int steps = Math.min(plan.maxSteps(), plan.stepsPerWeight() * row.k);
    search.tabu(steps, RowProblem.random(problem, firstRow + r), progress);
    int[] levels = search.levels();
    if (plan.pairs()) {
      Search byPairs = new Search(row, levels);
      byPairs.descendByPairs(progress);
      levels = byPairs.levels();
    }
    if (undamped != null) {
      ExactSearch exact = new ExactSearch(undamped, row, levels, plan.exactNodes(), progress);
      if (exact.run()) {
        rounded.proved();
      }
      levels = exact.best();
    }
    rounded.keepBetter(firstRow + r, row, levels);
  }
}
