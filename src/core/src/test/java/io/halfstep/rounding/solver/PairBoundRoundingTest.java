package io.halfstep.rounding.solver;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.PairBound;
import io.halfstep.rounding.Problems;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.ScaleBounds;
import io.halfstep.tensor.ClipFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PairBoundRoundingTest {
  private static final int K = 40;
  private static final int CHANNELS = 8;

  /** A problem with the least scales that the bound allows. */
  private static RoundingProblem problem(long seed, boolean bounded, boolean learnsScales) {
    RoundingProblem free =
        new Problems(1, 6, K, 8, Problems.Data.CORRELATED, true, Problems.Scales.CHANNEL)
            .problem(seed, ClipFunction.RELU);
    PairBound pairs = PairBound.of(free.weights(), K, CHANNELS);
    float[] scales = pairs.leastScales();
    return new RoundingProblem(
        free.weights(),
        free.out(),
        K,
        Encoding.perChannel(Grid.signed(8), scales, new int[scales.length]),
        free.moments(),
        seed,
        free.samples(),
        learnsScales ? new ScaleBounds(scales) : null,
        Reach.GRID,
        false,
        bounded ? pairs : null);
  }

  private static boolean isBroken(RoundingSolution solution) {
    int[] integers = solution.weight().integers();
    float[] rows = new float[integers.length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = integers[i];
    }
    return PairBound.isBroken(rows, K, CHANNELS);
  }

  @ParameterizedTest
  @EnumSource(RoundingMethod.class)
  void everySolverKeepsTheBound(RoundingMethod method) {
    for (long seed = 0; seed < 4; seed++) {
      RoundingSolution solution = solve(method, problem(seed, true, false));
      assertThat(isBroken(solution)).isFalse();
      if (method != RoundingMethod.STOCHASTIC) {
        assertThat(solution.loss()).isLessThanOrEqualTo(solution.nearestLoss());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = RoundingMethod.class,
      names = {"LATTICE", "LATTICE_SAMPLES", "EXACT"})
  void soDoLearnedScales(RoundingMethod method) {
    for (long seed = 0; seed < 4; seed++) {
      assertThat(isBroken(solve(method, problem(seed, true, true)))).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = RoundingMethod.class,
      names = {"LATTICE", "LATTICE_SAMPLES"})
  void withoutTheBoundPairsGoBeyond(RoundingMethod method) {
    boolean broken = false;
    for (long seed = 0; seed < 4; seed++) {
      broken |= isBroken(solve(method, problem(seed, false, false)));
    }
    assertThat(broken).isTrue();
  }

  private static RoundingSolution solve(RoundingMethod method, RoundingProblem problem) {
    return Rounders.of(method).solve(problem, RoundingControl.NONE);
  }
}
