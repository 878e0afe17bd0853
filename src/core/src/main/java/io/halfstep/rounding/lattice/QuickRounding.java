package io.halfstep.rounding.lattice;

import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.rounding.scale.TrialRounding;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The lattice solver's rounding in trials of scales: few candidates, then descent. */
final class QuickRounding implements TrialRounding {
  private static final int CANDIDATES = 4;

  private final int rowsPerGroup;
  private final List<GramFactors> factors;
  private final SolverProgress progress;

  QuickRounding(RoundingProblem problem, List<GramFactors> factors, SolverProgress progress) {
    this.rowsPerGroup = problem.rowsPerGroup();
    this.factors = factors;
    this.progress = progress;
  }

  @Override
  public Result round(int row, RowProblem problem, int @Nullable [] known) {
    Result best = new Result(problem.nearest, problem.loss(problem.nearest));
    DampedCholesky factor = factors.get(row / rowsPerGroup).damped();
    if (factor != null) {
      RowBlock alone = new RowBlock(new RowProblem[] {problem}, null);
      best = best.orBetter(descended(problem, alone.round(factor, null, CANDIDATES, progress)[0]));
    }
    if (known != null) {
      int[] start = new int[problem.k];
      for (int j = 0; j < start.length; j++) {
        start[j] = Math.max(problem.lowest[j], Math.min(problem.highest[j], known[j]));
      }
      best = best.orBetter(descended(problem, start));
    }
    return best;
  }

  private static Result descended(RowProblem problem, int[] start) {
    LocalSearch search = new LocalSearch(problem, start);
    search.descend();
    return new Result(search.levels(), search.loss());
  }
}
