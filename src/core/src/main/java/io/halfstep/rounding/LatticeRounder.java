package io.halfstep.rounding;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Rounding as a search for the closest lattice vector: successive conditional rounding (Babai's
 * nearest plane) that keeps a beam of beginnings, descent by single moves from the best of them, a
 * tabu search, and the proven optimum where rows are short.
 *
 * <p>Weights may go to any level of the grid, or only to {⌊w/s⌋, ⌈w/s⌉}: as the problem's {@link
 * Reach} has it. Where the problem allows it, scales and zero points are chosen first ({@link
 * ScaleSearch}).
 */
final class LatticeRounder implements Rounder {
  private final Effort effort;
  private final boolean proving;

  private LatticeRounder(Effort effort, boolean proving) {
    this.effort = effort;
    this.proving = proving;
  }

  static LatticeRounder searching(Effort effort) {
    return new LatticeRounder(effort, false);
  }

  /** With a greater share of time for the proof that a short row is optimal. */
  static LatticeRounder proving(Effort effort) {
    return new LatticeRounder(effort, true);
  }

  @Override
  public RoundingSolution solve(RoundingProblem problem, Control control) {
    SearchPlan usual = SearchPlan.of(effort, problem.k());
    SearchPlan plan = proving ? usual.proving() : usual;
    boolean learnsScales = problem.scaleBounds() != null;
    int trials = learnsScales ? ScaleSearch.trials(problem.encoding()) : 0;
    Progress progress = new Progress(control, (trials + 1L) * problem.out());
    List<Metric> metrics = Metric.of(problem, progress);
    RoundingProblem chosen = problem;
    int[][] known = null;
    if (learnsScales) {
      ScaleSearch scales = new ScaleSearch(problem, metrics, progress);
      scales.run();
      chosen = problem.on(scales.encoding());
      known = scales.levels();
    }
    Rounded rounded = new Rounded(chosen, problem);
    solveGroups(chosen, metrics, known, plan, rounded, progress);
    return rounded.solution();
  }

  private void solveGroups(
      RoundingProblem problem,
      List<Metric> metrics,
      int @Nullable [][] known,
      SearchPlan plan,
      Rounded rounded,
      Progress progress) {
    IntStream.range(0, metrics.size())
        .parallel()
        .forEach(
            group ->
                new GroupSearch(problem, group, metrics.get(group), plan, rounded, progress)
                    .solve(known));
  }
}
