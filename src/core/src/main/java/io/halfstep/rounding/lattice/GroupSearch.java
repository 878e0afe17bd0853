package io.halfstep.rounding.lattice;

import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.row.ParallelSteps;
import io.halfstep.rounding.row.RoundedRows;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.tensor.DoubleMatrix;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The lattice solver's search over the rows of one group, which share their Gram factors. */
final class GroupSearch {
  // candidates of all rows of a block together, about
  private static final int CANDIDATES = 512;

  private static final int EXACT_MAX_K = 32;

  private final RoundingProblem problem;
  private final GramFactors factors;
  private final SearchPlan plan;
  private final RoundedRows rounded;
  private final SolverProgress progress;
  private final int rows;
  private final int firstRow;
  private final boolean isLong;

  GroupSearch(
      RoundingProblem problem,
      int group,
      GramFactors factors,
      SearchPlan plan,
      RoundedRows rounded,
      SolverProgress progress) {
    this.problem = problem;
    this.factors = factors;
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
   * @param known levels of each row of the problem; the solution is at least as good. Null if no
   *     levels are known
   */
  void solve(int @Nullable [][] known) {
    if (factors.isVanishing()) {
      ParallelSteps.run(
          rows,
          r -> {
            RowProblem row = row(r);
            rounded.keep(firstRow + r, row, row.nearest);
            progress.step();
          });
      return;
    }
    DampedCholesky damped = factors.damped();
    DampedCholesky undamped = problem.k() <= EXACT_MAX_K ? factors.undamped(progress) : null;
    int size = isLong ? Math.max(1, Math.min(CANDIDATES / plan.candidates(), (rows + 7) / 8)) : 1;
    try (DoubleMatrix gram = offHeap(factors.moments.gram());
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
                    : together.round(damped, v, plan.candidates(), progress);
            keepBetter(
                from, posed, together, searched(from, posed, together, starts, known, undamped));
          });
    }
  }

  /**
   * Returns the levels that the search reaches for each row, from its start or from its known
   * levels.
   */
  private int[][] searched(
      int from,
      RowProblem[] posed,
      RowBlock together,
      int[][] starts,
      int @Nullable [][] known,
      @Nullable DampedCholesky undamped) {
    double[][] gradients = together.halfGradients(starts);
    int[][] levels = new int[posed.length][];
    for (int i = 0; i < posed.length; i++) {
      LocalSearch search = new LocalSearch(posed[i], starts[i], gradients[i]);
      search.descend();
      if (known != null) {
        search = search.orBetter(new LocalSearch(posed[i], known[firstRow + from + i]));
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

  /** Returns a matrix for the products of long rows; null for short rows. */
  private @Nullable DoubleMatrix offHeap(double[] square) {
    progress.check();
    return isLong ? DoubleMatrix.square(square, problem.k()) : null;
  }

  private RowProblem row(int r) {
    return new RowProblem(problem, firstRow + r, problem.reach());
  }

  private int[] improved(
      int r, RowProblem row, LocalSearch search, @Nullable DampedCholesky undamped) {
    search.tabu(plan.steps(row.k), RowProblem.random(problem, firstRow + r), progress);
    int[] levels = search.levels();
    if (plan.pairs()) {
      LocalSearch byPairs = new LocalSearch(row, levels);
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
