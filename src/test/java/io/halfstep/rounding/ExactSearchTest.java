package io.halfstep.rounding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.rounding.RowProblem.Reach;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExactSearchTest {
  private static final Progress UNWATCHED = new Progress(Rounder.Control.NONE, 1);

  private static RowProblem row(Problems problems, long seed, Reach reach) {
    return new RowProblem(problems.problem(seed), 0, reach);
  }

  private static ExactSearch search(RowProblem row, int[] start, long nodes) {
    double mu = 1e-12 * RowProblem.meanDiagonal(row.gram, row.k);
    Triangle triangle = Objects.requireNonNull(Triangle.of(row.gram, row.k, mu, UNWATCHED));
    return new ExactSearch(triangle, row, start, nodes, UNWATCHED);
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
        double loss = Rounder.of(method).solve(problem, Rounder.Control.NONE).loss();
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
        Rounder.of(RoundingMethod.EXACT).solve(problem, Rounder.Control.NONE);
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
