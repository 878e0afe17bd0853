package io.halfstep.rounding;

import io.halfstep.statistics.Moments;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** What the rows of one group share: their inputs' moments, and the factors of these. */
final class Metric {
  /** The damping under which one start is best, if there is but one. */
  static final double DAMPING = 0.01;

  final Moments moments;
  private final double meanDiagonal;
  private final int[] byDiagonal;
  private final @Nullable Triangle first;

  private Metric(Moments moments, Progress progress) {
    this.moments = moments;
    meanDiagonal = RowProblem.meanDiagonal(moments.gram(), moments.k());
    byDiagonal = Triangle.byDiagonal(moments.gram(), moments.k());
    progress.check();
    first = isVanishing() ? null : factor(byDiagonal, DAMPING, progress);
  }

  /** One per group. */
  static List<Metric> of(RoundingProblem problem, Progress progress) {
    return problem.moments().parallelStream().map(m -> new Metric(m, progress)).toList();
  }

  /** Whether there are no data, or nothing but zeros: every row is then its nearest. */
  boolean isVanishing() {
    return meanDiagonal <= Double.MIN_NORMAL;
  }

  /** The coordinates by descending diagonal. */
  int[] byDiagonal() {
    return byDiagonal;
  }

  /** The same, disturbed: each coordinate as if its diagonal were up to twice or half as great. */
  int[] disturbed(SplittableRandom random) {
    int k = moments.k();
    double[] key = new double[k];
    for (int i = 0; i < k; i++) {
      key[i] = -moments.gram()[i * k + i] * Math.pow(2, 2 * random.nextDouble() - 1);
    }
    return Triangle.ascending(key);
  }

  /** By descending diagonal, under {@link #DAMPING}; null where even that is singular. */
  @Nullable Triangle first() {
    return first;
  }

  /**
   * A factor; null if the matrix is not positive definite in double precision.
   *
   * @param damping μ of {@code Ĝ + μI}, as a share of the diagonal's mean
   */
  @Nullable Triangle factor(int[] order, double damping, Progress progress) {
    return order == byDiagonal && damping == DAMPING && first != null
        ? first
        : Triangle.of(moments.gram(), moments.k(), order, damping * meanDiagonal, progress);
  }
}
