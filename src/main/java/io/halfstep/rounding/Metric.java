package io.halfstep.rounding;

import io.halfstep.statistics.Moments;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What the rows of one group share: their inputs' moments, and the factors of these. */
final class Metric {
  /** The damping under which one start is best, if there is but one. */
  static final double DAMPING = 0.01;

  private static final double DISTURBANCE = Double.parseDouble(System.getProperty("dist", "1"));

  final Moments moments;
  private final double meanDiagonal;
  private final @Nullable Triangle first;
  private final int[] order;

  private Metric(Moments moments, Progress progress) {
    this.moments = moments;
    meanDiagonal = RowProblem.meanDiagonal(moments.gram(), moments.k());
    double[] even = new double[moments.k()];
    Arrays.fill(even, 1);
    progress.check();
    first = isVanishing() ? null : pivoted(even, progress);
    order = first == null ? IntStream.range(0, moments.k()).toArray() : first.order;
  }

  private @Nullable Triangle pivoted(double[] weight, Progress progress) {
    return Triangle.pivoted(moments.gram(), moments.k(), DAMPING * meanDiagonal, weight, progress);
  }

  /** One per group. */
  static List<Metric> of(RoundingProblem problem, Progress progress) {
    return problem.moments().parallelStream().map(m -> new Metric(m, progress)).toList();
  }

  /** Whether there are no data, or nothing but zeros: every row is then its nearest. */
  boolean isVanishing() {
    return meanDiagonal <= Double.MIN_NORMAL;
  }

  /** The coordinates in the order in which {@link #first} fixes them. */
  int[] order() {
    return order;
  }

  /** The same, disturbed: each pivot as if it were up to twice or half as great. */
  int[] disturbed(SplittableRandom random, Progress progress) {
    double[] weight = new double[moments.k()];
    for (int i = 0; i < weight.length; i++) {
      weight[i] = Math.pow(2, DISTURBANCE * (2 * random.nextDouble() - 1));
    }
    Triangle triangle = pivoted(weight, progress);
    return triangle == null ? order : triangle.order;
  }

  /** Pivoted, under {@link #DAMPING}; null where even that is singular. */
  @Nullable Triangle first() {
    return first;
  }

  /**
   * A factor; null if the matrix is not positive definite in double precision.
   *
   * @param damping μ of {@code Ĝ + μI}, as a share of the diagonal's mean
   */
  @Nullable Triangle factor(int[] order, double damping, Progress progress) {
    return order == this.order && damping == DAMPING && first != null
        ? first
        : Triangle.of(moments.gram(), moments.k(), order, damping * meanDiagonal, progress);
  }
}
