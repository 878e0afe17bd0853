package io.halfstep.rounding.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.quantizer.Grid;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Problems;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.adaround.SampledAdaRounder;
import io.halfstep.tensor.ClipFunction;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class RounderPropertyTest {
  @Provide
  Arbitrary<RoundingProblem> problems() {
    Arbitrary<RoundingProblem> anywhere =
        Combinators.combine(
                Arbitraries.of(1, 1, 3),
                Arbitraries.integers().between(1, 5),
                Arbitraries.of(1, 2, 5, 9, 13, 40),
                Arbitraries.of(2, 3, 4, 8),
                Arbitraries.of(Problems.Data.class),
                Arbitraries.of(true, false),
                Arbitraries.of(Problems.Scales.class),
                Arbitraries.longs())
            .as(
                (groups, rows, k, bits, data, student, scales, seed) ->
                    new Problems(groups, rows, k, bits, data, student, scales).problem(seed));
    return Combinators.combine(anywhere, Arbitraries.of(Reach.class)).as(Problems::reaching);
  }

  @Provide
  Arbitrary<RoundingProblem> sampled() {
    Arbitrary<RoundingProblem> anywhere =
        Combinators.combine(
                Arbitraries.integers().between(1, 20),
                Arbitraries.of(1, 2, 5, 9, 13, 40),
                Arbitraries.of(2, 3, 4, 8),
                Arbitraries.of(Problems.Data.class),
                Arbitraries.of(true, false),
                Arbitraries.of(Problems.Scales.class),
                Arbitraries.longs(),
                Arbitraries.of(ClipFunction.IDENTITY, ClipFunction.RELU, new ClipFunction(-1, 2)))
            .as(
                (rows, k, bits, data, student, scales, seed, activation) ->
                    new Problems(1, rows, k, bits, data, student, scales)
                        .problem(seed, activation));
    return Combinators.combine(anywhere, Arbitraries.of(Reach.class)).as(Problems::reaching);
  }

  @Property(tries = 150)
  void refinementIsNeverWorseThanNearest(@ForAll("sampled") RoundingProblem problem) {
    neverWorseThanNearest(problem, RoundingMethod.LATTICE_SAMPLES, Effort.FAST);
  }

  @Property(tries = 60)
  void adaroundOnSamplesIsNeverWorseThanNearest(@ForAll("sampled") RoundingProblem problem) {
    neverWorseThanNearest(problem, new SampledAdaRounder(50));
  }

  @Property(tries = 40)
  void threadsDoNotMatterToThoseThatWorkFromSamples(@ForAll("sampled") RoundingProblem problem)
      throws ExecutionException, InterruptedException {
    for (Rounder rounder :
        List.of(
            Rounders.of(RoundingMethod.LATTICE_SAMPLES, Effort.FAST), new SampledAdaRounder(20))) {
      int[] alone = on(1, rounder, problem);
      assertThat(on(2, rounder, problem)).containsExactly(alone);
    }
  }

  @Property(tries = 300)
  void latticeIsNeverWorseThanNearest(@ForAll("problems") RoundingProblem problem) {
    neverWorseThanNearest(problem, RoundingMethod.LATTICE);
  }

  @Property(tries = 60)
  void theBestEffortIsNeverWorseThanNearest(@ForAll("problems") RoundingProblem problem) {
    neverWorseThanNearest(problem, RoundingMethod.LATTICE, Effort.BEST);
  }

  @Property(tries = 60)
  void exactIsNeverWorseThanNearest(@ForAll("problems") RoundingProblem problem) {
    neverWorseThanNearest(problem, RoundingMethod.EXACT, Effort.FAST);
  }

  @Property(tries = 60)
  void adaroundIsNeverWorseThanNearest(@ForAll("problems") RoundingProblem problem) {
    neverWorseThanNearest(problem, RoundingMethod.ADAROUND);
  }

  @Property(tries = 100)
  void nearestIsNearest(@ForAll("problems") RoundingProblem problem) {
    RoundingSolution solution = neverWorseThanNearest(problem, RoundingMethod.NEAREST);
    assertThat(solution.weight().dequantize()).containsExactly(Problems.nearest(problem));
    assertThat(solution.flips()).isZero();
  }

  private static RoundingSolution neverWorseThanNearest(
      RoundingProblem problem, RoundingMethod method) {
    return neverWorseThanNearest(problem, method, Effort.NORMAL);
  }

  private static RoundingSolution neverWorseThanNearest(
      RoundingProblem problem, RoundingMethod method, Effort effort) {
    return neverWorseThanNearest(problem, Rounders.of(method, effort));
  }

  private static RoundingSolution neverWorseThanNearest(RoundingProblem problem, Rounder rounder) {
    RoundingSolution solution = rounder.solve(problem, RoundingControl.NONE);
    if (problem.reach() == Reach.FLOOR_CEIL) {
      assertFloorsAndCeilings(problem, solution);
    }
    Grid grid = problem.encoding().grid();
    for (int q : solution.weight().integers()) {
      assertThat(q).isBetween(grid.lowest(), grid.highest());
    }
    float[] rounded = solution.weight().dequantize();
    float[] nearest = Problems.nearest(problem);
    double[] losses = Problems.losses(problem, rounded);
    double[] nearestLosses = Problems.losses(problem, nearest);
    int flips = 0;
    for (int i = 0; i < rounded.length; i++) {
      flips += rounded[i] == nearest[i] ? 0 : 1;
    }
    double precision = 1e-6 * (Arrays.stream(nearestLosses).sum() + 1e-9);
    for (int r = 0; r < losses.length; r++) {
      assertThat(losses[r]).isLessThanOrEqualTo(nearestLosses[r] + precision);
    }
    assertThat(solution.loss()).isCloseTo(Arrays.stream(losses).sum(), within(precision));
    assertThat(solution.nearestLoss())
        .isCloseTo(Arrays.stream(nearestLosses).sum(), within(precision));
    assertThat(solution.flips()).isEqualTo(flips);
    return solution;
  }

  @Property(tries = 40)
  void threadsDoNotMatter(
      @ForAll("problems") RoundingProblem problem, @ForAll RoundingMethod method)
      throws ExecutionException, InterruptedException {
    if (method == RoundingMethod.ADAROUND_SAMPLES) {
      return; // these problems have no samples
    }
    Rounder rounder = Rounders.of(method, Effort.FAST);
    int[] alone = on(1, rounder, problem);
    assertThat(on(3, rounder, problem)).containsExactly(alone);
    assertThat(on(2, rounder, problem)).containsExactly(alone);
  }

  private static int[] on(int threads, Rounder rounder, RoundingProblem problem)
      throws ExecutionException, InterruptedException {
    ForkJoinPool pool = new ForkJoinPool(threads);
    try {
      return pool.submit(() -> rounder.solve(problem, RoundingControl.NONE).weight().integers())
          .get();
    } finally {
      pool.shutdown();
    }
  }

  @Property(tries = 50)
  void stochasticTakesFloorOrCeiling(@ForAll("problems") RoundingProblem problem) {
    assertFloorsAndCeilings(
        problem, Rounders.of(RoundingMethod.STOCHASTIC).solve(problem, RoundingControl.NONE));
  }

  private static void assertFloorsAndCeilings(RoundingProblem problem, RoundingSolution solution) {
    Grid grid = problem.encoding().grid();
    float[] scales = new float[problem.k()];
    int[] zeros = new int[problem.k()];
    for (int i = 0; i < problem.weights().length; i++) {
      int j = i % problem.k();
      problem.encoding().spread(i / problem.k(), scales, zeros);
      double level = (double) problem.weights()[i] / scales[j] + zeros[j];
      assertThat(solution.weight().integers()[i])
          .isBetween(
              grid.clamp((int) Math.floor(level - 1e-5)),
              grid.clamp((int) Math.ceil(level + 1e-5)));
    }
  }
}
