package io.halfstep.rounding;

import io.halfstep.statistics.Moments;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the rows of one group share: their inputs' moments, and the factors of these. */
final class Metric {
  /*
   * Damping is what successive rounding needs against its own greed: what it puts off to the last
   * coordinates they cannot all make good. The wider the beam, the less of it is best.
   */
  private static final double DAMPING = 0.001;
  // leaves the objective as it is, but a singular matrix positive definite
  private static final double UNDAMPED = 1e-12;

  final Moments moments;
  private final double meanDiagonal;
  private final @Nullable Triangle damped;

  private Metric(Moments moments, Progress progress) {
    this.moments = moments;
    meanDiagonal = RowProblem.meanDiagonal(moments.gram(), moments.k());
    damped = isVanishing() ? null : factor(DAMPING, progress);
  }

  /** One per group. */
  static List<Metric> of(RoundingProblem problem, Progress progress) {
    return problem.moments().parallelStream().map(m -> new Metric(m, progress)).toList();
  }

  /** Whether there are no data, or nothing but zeros: every row is then its nearest. */
  boolean isVanishing() {
    return meanDiagonal <= Double.MIN_NORMAL;
  }

  /** What successive rounding follows; null where even that is singular. */
  @Nullable Triangle damped() {
    return damped;
  }

  /** The quadratic form itself, for a proof; null where it is not positive definite. */
  @Nullable Triangle undamped(Progress progress) {
    return factor(UNDAMPED, progress);
  }

  private @Nullable Triangle factor(double damping, Progress progress) {
    progress.check();
    return Triangle.of(moments.gram(), moments.k(), damping * meanDiagonal, progress);
  }
}
