package io.halfstep.rounding;

import io.halfstep.tensor.DoubleMatrix;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The lattice solver's search over the rows of one group, which share their factorizations. */
final class GroupSearch {
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
  private final boolean isLong;
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
    isLong = RowBlock.areLong(problem.k());
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
    try (DoubleMatrix gram = offHeap(metric.moments.gram())) {
      SplittableRandom random = RowProblem.random(problem, firstRow);
      for (int shuffled = 0; shuffled <= plan.shuffledOrders(); shuffled++) {
        int[] order = shuffled == 0 ? metric.byDiagonal() : metric.disturbed(random);
        for (double damping : plan.dampings()) {
          progress.check();
          start(gram, metric.factor(order, damping, progress));
        }
      }
      finish(gram);
    }
  }

  /** What a long row's products need; null for short rows. */
  private @Nullable DoubleMatrix offHeap(double[] square) {
    return isLong ? DoubleMatrix.square(square, problem.k()) : null;
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

  private interface BlockStep {
    void run(int from, RowProblem[] posed, RowBlock block);
  }

  private void eachBlock(@Nullable DoubleMatrix gram, BlockStep step) {
    int size = isLong ? RowBlock.LONG_ROWS : 1;
    ParallelSteps.run(
        (rows + size - 1) / size,
        b -> runBlock(gram, step, b * size, Math.min(rows, (b + 1) * size)));
  }

  private void runBlock(@Nullable DoubleMatrix gram, BlockStep step, int from, int to) {
    RowProblem[] posed = IntStream.range(from, to).mapToObj(this::row).toArray(RowProblem[]::new);
    step.run(from, posed, new RowBlock(posed, gram));
  }

  private RowProblem row(int r) {
    return new RowProblem(problem, firstRow + r, problem.reach());
  }

  private void start(@Nullable DoubleMatrix gram, @Nullable Triangle triangle) {
    try (DoubleMatrix v = triangle == null ? null : offHeap(triangle.v)) {
      eachBlock(
          gram,
          (from, posed, block) -> {
            int[][] starts = triangle == null ? block.nearest() : block.round(triangle, v);
            double[][] gradients = block.halfGradients(starts);
            for (int i = 0; i < posed.length; i++) {
              int r = from + i;
              Search search = new Search(posed[i], starts[i], gradients[i]);
              search.descend();
              if (best[r] == null || search.loss() < bestLoss[r]) {
                best[r] = search.levels();
                bestLoss[r] = search.loss();
              }
              progress.step();
            }
          });
    }
  }

  private void finish(@Nullable DoubleMatrix gram) {
    Triangle undamped =
        problem.k() <= EXACT_MAX_K
            ? metric.factor(metric.byDiagonal(), EXACT_DAMPING, progress)
            : null;
    eachBlock(
        gram,
        (from, posed, block) -> {
          int[][] levels = Arrays.copyOfRange(best, from, from + posed.length);
          double[][] gradients = block.halfGradients(levels);
          for (int i = 0; i < posed.length; i++) {
            levels[i] = improved(from + i, posed[i], gradients[i], undamped);
          }
          double[] losses = block.losses(levels);
          double[] nearestLosses = block.losses(block.nearest());
          for (int i = 0; i < posed.length; i++) {
            rounded.keepBetter(
                firstRow + from + i, posed[i], levels[i], losses[i], nearestLosses[i]);
            progress.step();
          }
        });
  }

  private int[] improved(
      int r, RowProblem row, double[] halfGradient, @Nullable Triangle undamped) {
    Search search = new Search(row, best[r], halfGradient);
    search.tabu(plan.steps(row.k), RowProblem.random(problem, firstRow + r), progress);
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
    return levels;
  }
}
