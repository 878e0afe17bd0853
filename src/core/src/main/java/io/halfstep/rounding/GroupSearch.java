package io.halfstep.rounding;

import io.halfstep.tensor.DoubleMatrix;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The lattice solver's search over the rows of one group, which share their factorizations. */
final class GroupSearch {
  /** How many beginnings are worked at together, about. */
  private static final int BEGINNINGS = 512;

  private static final int EXACT_MAX_K = 32;

  private final RoundingProblem problem;
  private final Metric metric;
  private final SearchPlan plan;
  private final Rounded rounded;
  private final Progress progress;
  private final int rows;
  private final int firstRow;
  private final boolean isLong;

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
  }

  /**
   * Solves all rows.
   *
   * @param known levels of each row of the problem, or null where none are known: a solution is
   *     never worse than these
   */
  void solve(int @Nullable [][] known) {
    if (metric.isVanishing()) {
      ParallelSteps.run(
          rows,
          r -> {
            RowProblem row = row(r);
            rounded.keep(firstRow + r, row, row.nearest);
            progress.step();
          });
      return;
    }
    Triangle damped = metric.damped();
    Triangle undamped = problem.k() <= EXACT_MAX_K ? metric.undamped(progress) : null;
    int size = isLong ? Math.max(1, Math.min(BEGINNINGS / plan.beam(), (rows + 7) / 8)) : 1;
    try (DoubleMatrix gram = offHeap(metric.moments.gram());
        DoubleMatrix v = damped == null ? null : offHeap(damped.v)) {
      ParallelSteps.run(
          (rows + size - 1) / size,
          block -> {
            int from = block * size;
            RowProblem[] posed =
                IntStream.range(from, Math.min(rows, from + size))
                    .mapToObj(this::row)
                    .toArray(RowProblem[]::new);
            RowBlock together = new RowBlock(posed, gram);
            int[][] starts =
                damped == null
                    ? together.nearest()
                    : together.round(damped, v, plan.beam(), progress);
            keepBetter(
                from, posed, together, searched(from, posed, together, starts, known, undamped));
          });
    }
  }

  /** Levels of each row that a search from its start, or from what is known, leads to. */
  private int[][] searched(
      int from,
      RowProblem[] posed,
      RowBlock together,
      int[][] starts,
      int @Nullable [][] known,
      @Nullable Triangle undamped) {
    double[][] gradients = together.halfGradients(starts);
    int[][] levels = new int[posed.length][];
    for (int i = 0; i < posed.length; i++) {
      Search search = new Search(posed[i], starts[i], gradients[i]);
      search.descend();
      if (known != null) {
        search = search.orBetter(new Search(posed[i], known[firstRow + from + i]));
      }
      levels[i] = improved(from + i, posed[i], search, undamped);
    }
    return levels;
  }

  private void keepBetter(int from, RowProblem[] posed, RowBlock block, int[][] levels) {
    double[] losses = block.losses(levels);
    double[] nearestLosses = block.losses(block.nearest());
    for (int i = 0; i < posed.length; i++) {
      rounded.keepBetter(firstRow + from + i, posed[i], levels[i], losses[i], nearestLosses[i]);
      progress.step();
    }
  }

  /** What a long row's products need; null for short rows. */
  private @Nullable DoubleMatrix offHeap(double[] square) {
    progress.check();
    return isLong ? DoubleMatrix.square(square, problem.k()) : null;
  }

  private RowProblem row(int r) {
    return new RowProblem(problem, firstRow + r, problem.reach());
  }

  private int[] improved(int r, RowProblem row, Search search, @Nullable Triangle undamped) {
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
