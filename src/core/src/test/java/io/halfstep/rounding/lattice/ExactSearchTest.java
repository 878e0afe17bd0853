package io.halfstep.rounding.lattice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.quantizer.Encoding;
import io.halfstep.rounding.Problems;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.rounding.solver.Rounders;
import io.halfstep.statistics.Moments;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExactSearchTest {
  private static final SolverProgress UNWATCHED = new SolverProgress(RoundingControl.NONE, 1);

  private static RowProblem row(Problems problems, long seed, Reach reach) {
    return new RowProblem(problems.problem(seed), 0, reach);
  }

  private static ExactSearch search(RowProblem row, int[] start, long nodes) {
    double mu = 1e-12 * RowProblem.meanDiagonal(row.gram, row.k);
    DampedCholesky factor =
        Objects.requireNonNull(DampedCholesky.of(row.gram, row.k, mu, UNWATCHED));
    return new ExactSearch(factor, row, start, nodes, UNWATCHED);
  }

  private static double bruteForce(RowProblem row, int[] levels, int j) {
    if (j == row.k) {
      return row.loss(levels);
    }
    double least = Double.POSITIVE_INFINITY;
    for (int u = row.lowest[j]; u <= row.highest[j]; u++) {
      levels[j] = u;
      least = Math.min(least, bruteForce(row, levels, j + 1));
    }
    return least;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void findsTheBestOfFloorsAndCeilings(int k) {
    findsWhatBruteForceFinds(k, 4, Reach.FLOOR_CEIL);
  }

  @ParameterizedTest
  @CsvSource({"1,4,GRID", "2,3,GRID", "4,3,GRID", "7,2,GRID", "8,2,GRID"})
  void findsWhatBruteForceFinds(int k, int bits, Reach reach) {
    for (Problems.Scales scales : Problems.Scales.values()) {
      for (boolean student : new boolean[] {false, true}) {
        Problems problems = new Problems(1, 1, k, bits, Problems.Data.CORRELATED, student, scales);
        for (int seed = 0; seed < 5; seed++) {
          RowProblem row = row(problems, seed, reach);
          ExactSearch search = search(row, row.nearest, 1 << 20);
          assertThat(search.run()).isTrue();
          double optimum = bruteForce(row, new int[k], 0);
          assertThat(row.loss(search.best())).isCloseTo(optimum, within(1e-9 * optimum + 1e-15));
        }
      }
    }
  }

  /** The least L of a problem's only row over all levels that its grid and reach allow. */
  private static double bruteForce(RoundingProblem problem) {
    int k = problem.k();
    Encoding encoding = problem.encoding();
    double[][] displacements = new double[k][];
    float[] scales = new float[k];
    int[] zeroPoints = new int[k];
    encoding.spread(0, scales, zeroPoints);
    for (int j = 0; j < k; j++) {
      float w = problem.weights()[j];
      float scale = scales[j];
      int zero = zeroPoints[j];
      double level = (double) w / scale + zero;
      boolean grid = problem.reach() == Reach.GRID;
      int from = grid ? encoding.grid().lowest() : encoding.grid().clamp((int) Math.floor(level));
      int to = grid ? encoding.grid().highest() : encoding.grid().clamp((int) Math.ceil(level));
      displacements[j] =
          IntStream.rangeClosed(from, to)
              .mapToDouble(q -> (double) (scale * (q - zero)) - w)
              .toArray();
    }
    Moments moments = problem.moments().get(0);
    double least = leastFrom(0, 0, new double[k], displacements, moments);
    return least + (moments.studentDiffers() ? moments.shift()[0] : 0);
  }

  /**
   * A lower bound of what the coordinates from j on add, for fixed displacements d of the earlier
   * ones.
   */
  private static double leastFrom(
      int j, double before, double[] d, double[][] displacements, Moments moments) {
    int k = moments.k();
    if (j == k) {
      return before;
    }
    double slope = moments.studentDiffers() ? 2 * moments.cross()[j] : 0;
    for (int i = 0; i < j; i++) {
      slope += 2 * moments.gram()[j * k + i] * d[i];
    }
    double least = Double.POSITIVE_INFINITY;
    for (double value : displacements[j]) {
      d[j] = value;
      double sum = before + value * (slope + moments.gram()[j * k + j] * value);
      least = Math.min(least, j == k - 1 ? sum : leastFrom(j + 1, sum, d, displacements, moments));
    }
    return least;
  }

  static Stream<Arguments> everyKAndReach() {
    return IntStream.rangeClosed(1, 12)
        .boxed()
        .flatMap(k -> Arrays.stream(Reach.values()).map(reach -> Arguments.of(k, reach)));
  }

  @ParameterizedTest
  @MethodSource("everyKAndReach")
  void exactIsTheOptimum(int k, Reach reach) {
    int bits = reach == Reach.GRID ? 2 : 4;
    boolean few = reach == Reach.GRID && k > 9; // 4^12 roundings of each row
    int problems = 0;
    for (Problems.Scales scales : Problems.Scales.values()) {
      for (Problems.Data data : Problems.Data.values()) {
        if (few && problems++ % 4 != k % 4) {
          continue;
        }
        RoundingProblem problem =
            Problems.reaching(
                new Problems(1, 1, k, bits, data, k % 2 == 0, scales).problem(k), reach);
        RoundingSolution solution =
            Rounders.of(RoundingMethod.EXACT).solve(problem, RoundingControl.NONE);
        double optimum = bruteForce(problem);
        double nearest = Problems.losses(problem, Problems.nearest(problem))[0];
        assertThat(solution.loss())
            .as("%s, %s", data, scales)
            .isCloseTo(optimum, within(1e-9 * nearest + 1e-15));
        if (data != Problems.Data.ZERO) {
          assertThat(solution.proven()).as("%s, %s", data, scales).isOne();
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Problems.Data.class)
  void theSolversComeNoLowerAndLatticeAsLow(Problems.Data data) {
    Problems problems = new Problems(1, 1, 6, 2, data, true, Problems.Scales.CHANNEL);
    for (int seed = 0; seed < 10; seed++) {
      RoundingProblem problem = problems.problem(seed);
      double optimum = bruteForce(new RowProblem(problem, 0, Reach.GRID), new int[6], 0);
      for (RoundingMethod method :
          new RoundingMethod[] {
            RoundingMethod.LATTICE, RoundingMethod.ADAROUND, RoundingMethod.STOCHASTIC
          }) {
        double loss = Rounders.of(method).solve(problem, RoundingControl.NONE).loss();
        double slack = 1e-6 * optimum + 1e-12;
        assertThat(loss).isGreaterThanOrEqualTo(optimum - slack);
        if (method == RoundingMethod.LATTICE) {
          assertThat(loss).isLessThanOrEqualTo(optimum + slack);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 9, 12})
  void theSolverCountsTheRowsThatItProved(int k) {
    RoundingProblem problem =
        new Problems(2, 3, k, 2, Problems.Data.CORRELATED, true, Problems.Scales.CHANNEL)
            .problem(k);
    RoundingSolution solution =
        Rounders.of(RoundingMethod.EXACT).solve(problem, RoundingControl.NONE);
    assertThat(solution.proven()).isEqualTo(6);
  }

  @ParameterizedTest
  @CsvSource({"30,4"})
  void givesUpWithinItsBudgetAndSaysSo(int k, int bits) {
    RowProblem row =
        row(
            new Problems(1, 1, k, bits, Problems.Data.CORRELATED, true, Problems.Scales.CHANNEL),
            3,
            Reach.GRID);
    ExactSearch search = search(row, row.nearest, 50);
    assertThat(search.run()).isFalse();
    assertThat(row.loss(search.best())).isLessThanOrEqualTo(row.loss(row.nearest));
  }
}
