package io.halfstep.rounding.lattice;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.rounding.Problems;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class KBestCandidatesTest {
  private static final SolverProgress UNWATCHED = new SolverProgress(RoundingControl.NONE, 1);
  private static final double MU = 0.02;

  private static RowProblem row(Problems.Data data, int k, Reach reach) {
    RoundingProblem problem =
        new Problems(1, 2, k, 3, data, true, Problems.Scales.ASYMMETRIC).problem(k);
    return new RowProblem(problem, 1, reach);
  }

  private static DampedCholesky factor(RowProblem row) {
    return requireNonNull(DampedCholesky.of(row.gram, row.k, MU, UNWATCHED));
  }

  private static int[] round(RowProblem row, int width) {
    return new RowBlock(new RowProblem[] {row}, null).round(factor(row), null, width, UNWATCHED)[0];
  }

  /** L with the damping of the factor. */
  private static double loss(RowProblem row, int[] levels) {
    double loss = row.loss(levels);
    for (double d : row.displacement(levels)) {
      loss += MU * d * d;
    }
    return loss;
  }

  /** No candidate is ever dropped, so the best one is the optimum. */
  @ParameterizedTest
  @EnumSource(
      value = Problems.Data.class,
      names = {"CORRELATED", "ILL_CONDITIONED", "SINGULAR", "DEAD_INPUTS"})
  void withAsManyCandidatesAsLeavesItFindsTheOptimum(Problems.Data data) {
    int k = 10;
    RowProblem row = row(data, k, Reach.FLOOR_CEIL);
    double least = Double.POSITIVE_INFINITY;
    for (int corner = 0; corner < 1 << k; corner++) {
      int[] levels = new int[k];
      for (int j = 0; j < k; j++) {
        levels[j] = (corner >> j & 1) == 0 ? row.lowest[j] : row.highest[j];
      }
      least = Math.min(least, loss(row, levels));
    }
    assertThat(loss(row, round(row, 1 << k))).isCloseTo(least, within(1e-6 * least));
  }

  /**
   * Each coordinate by its definition: the least-squares solution over itself and all later ones.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 12})
  void oneCandidateIsTheNearestPlane(int k) {
    RowProblem row = row(Problems.Data.CORRELATED, k, Reach.GRID);
    int[] order = factor(row).order;
    double[] d = new double[k];
    int[] levels = new int[k];
    for (int i = 0; i < k; i++) {
      int free = k - i;
      double[] a = new double[free * free];
      double[] b = new double[free];
      for (int p = 0; p < free; p++) {
        int at = order[i + p];
        b[p] = -row.linear[at];
        for (int j = 0; j < i; j++) {
          b[p] -= row.gram[at * k + order[j]] * d[order[j]];
        }
        for (int q = 0; q < free; q++) {
          a[p * free + q] = row.gram[at * k + order[i + q]] + (p == q ? MU : 0);
        }
      }
      int at = order[i];
      levels[at] = row.clamp(at, (solveFirst(a, b, free) + row.weight[at]) / row.step[at]);
      d[at] = row.step[at] * levels[at] - row.weight[at];
    }
    assertThat(round(row, 1)).containsExactly(levels);
  }

  /** The first unknown of a linear system, by elimination from the last one. */
  private static double solveFirst(double[] a, double[] b, int n) {
    for (int p = n - 1; p > 0; p--) {
      for (int i = 0; i < p; i++) {
        double share = a[i * n + p] / a[p * n + p];
        for (int j = 0; j < p; j++) {
          a[i * n + j] -= share * a[p * n + j];
        }
        b[i] -= share * b[p];
      }
    }
    return b[0] / a[0];
  }
}
