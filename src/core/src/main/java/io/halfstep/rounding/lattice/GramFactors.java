package io.halfstep.rounding.lattice;

import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.statistics.Moments;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The moments that the rows of one group share, and the Cholesky factors of their Gram matrix. */
final class GramFactors {
  /*
   * Successive rounding is greedy: it lets the last coordinates make up for the errors of all
   * others, which they cannot fully do on a grid. Damping limits what it leaves to them. The more
   * candidates are kept, the less damping is best.
   */
  private static final double DAMPING = 0.001;
  // does not change the objective, but makes a singular matrix positive definite
  private static final double UNDAMPED = 1e-12;

  final Moments moments;
  private final double meanDiagonal;
  private final @Nullable DampedCholesky damped;

  private GramFactors(Moments moments, SolverProgress progress) {
    this.moments = moments;
    meanDiagonal = RowProblem.meanDiagonal(moments.gram(), moments.k());
    damped = isVanishing() ? null : factor(DAMPING, progress);
  }

  /** Returns the factors of each group. */
  static List<GramFactors> of(RoundingProblem problem, SolverProgress progress) {
    return problem.moments().parallelStream().map(m -> new GramFactors(m, progress)).toList();
  }

  /** Returns whether all inputs were zero. Every row is then rounded to nearest. */
  boolean isVanishing() {
    return meanDiagonal <= Double.MIN_NORMAL;
  }

  /** Returns the factor for successive rounding; null if even the damped matrix is singular. */
  @Nullable DampedCholesky damped() {
    return damped;
  }

  /**
   * Returns the factor of the Gram matrix itself, for exact search; null if it is not positive
   * definite.
   */
  @Nullable DampedCholesky undamped(SolverProgress progress) {
    return factor(UNDAMPED, progress);
  }

  private @Nullable DampedCholesky factor(double damping, SolverProgress progress) {
    progress.check();
    return DampedCholesky.of(moments.gram(), moments.k(), damping * meanDiagonal, progress);
  }
}
