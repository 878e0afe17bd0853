package io.halfstep.rounding.lattice;

import io.halfstep.quantizer.Encoding;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.row.RoundedRows;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.rounding.scale.LevelSearch;
import io.halfstep.rounding.scale.ScaleSearch;
import io.halfstep.rounding.scale.TrialRounding;
import io.halfstep.tensor.ClipFunction;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Rounding as a closest-vector search. Successive rounding (Babai's nearest plane) keeps the K best
 * candidates ({@link KBestCandidates}); local search goes on from the best of them ({@link
 * LocalSearch}); an exact search finds the optimum of short rows ({@link ExactSearch}).
 *
 * <p>The problem's {@link io.halfstep.rounding.Reach} says which levels a weight may take. If the
 * problem allows it, scales and zero points are chosen first ({@link ScaleSearch}), then levels
 * ({@link LevelSearch}).
 */
public final class LatticeRounder implements Rounder {
  private final Effort effort;
  private final boolean proving;

  private LatticeRounder(Effort effort, boolean proving) {
    this.effort = effort;
    this.proving = proving;
  }

  /** Returns the solver at a given effort. */
  public static LatticeRounder searching(Effort effort) {
    return new LatticeRounder(effort, false);
  }

  /** Returns the solver that spends more time on proving short rows optimal. */
  public static LatticeRounder proving(Effort effort) {
    return new LatticeRounder(effort, true);
  }

  @Override
  public boolean usesSamples(ClipFunction activation) {
    return false;
  }

  @Override
  public Rounder ofPieces() {
    return this;
  }

  @Override
  public RoundingSolution solve(RoundingProblem problem, RoundingControl control) {
    SearchPlan usual = SearchPlan.of(effort, problem.k());
    SearchPlan plan = proving ? usual.proving() : usual;
    boolean learnsScales = problem.scaleBounds() != null;
    Encoding given = problem.encoding();
    int trials = learnsScales ? ScaleSearch.trials(given) + LevelSearch.trials(given) : 0;
    SolverProgress progress = new SolverProgress(control, (trials + 1L) * problem.out());
    List<GramFactors> factors = GramFactors.of(problem, progress);
    RoundingProblem chosen = problem;
    int[][] known = null;
    if (learnsScales) {
      TrialRounding trial = new QuickRounding(problem, factors, progress);
      ScaleSearch scales = new ScaleSearch(problem, trial, progress);
      scales.run();
      chosen = problem.on(scales.encoding());
      known = scales.levels();
      if (LevelSearch.isFor(given)) {
        LevelSearch levels = new LevelSearch(chosen, known, trial, progress);
        levels.run();
        chosen = problem.on(levels.encoding());
        known = levels.levels();
      }
    }
    RoundedRows rounded = new RoundedRows(chosen, problem);
    solveGroups(chosen, factors, known, plan, rounded, progress);
    return rounded.solution();
  }

  private void solveGroups(
      RoundingProblem problem,
      List<GramFactors> factors,
      int @Nullable [][] known,
      SearchPlan plan,
      RoundedRows rounded,
      SolverProgress progress) {
    IntStream.range(0, factors.size())
        .parallel()
        .forEach(
            group ->
                new GroupSearch(problem, group, factors.get(group), plan, rounded, progress)
                    .solve(known));
  }
}
