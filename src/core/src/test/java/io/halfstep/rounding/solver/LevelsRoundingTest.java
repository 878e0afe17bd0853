package io.halfstep.rounding.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.levels.WeightLevelChoice;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.quantizer.WeightLevels;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Problems;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.ScaleBounds;
import io.halfstep.tensor.ClipFunction;
import java.util.Arrays;
import java.util.concurrent.ForkJoinPool;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rounding to levels that are not uniform, and weights that stay 0. */
class LevelsRoundingTest {
  @Provide
  Arbitrary<String> levels() {
    return Arbitraries.of(
        "codebook",
        "power-of-two",
        "ternary",
        "binary",
        "binary:2",
        "binary:3",
        "product:2",
        "product:4");
  }

  private static RoundingProblem on(RoundingProblem problem, String levels, int bits) {
    double[][] importance = new double[problem.moments().size()][problem.k()];
    for (int g = 0; g < importance.length; g++) {
      for (int j = 0; j < problem.k(); j++) {
        importance[g][j] = problem.moments().get(g).gram()[j * (problem.k() + 1)];
      }
    }
    return problem.on(
        WeightLevelChoice.encode(
            problem.weights(),
            problem.out(),
            problem.k(),
            importance,
            WeightLevels.parse(levels),
            bits,
            Granularity.CHANNEL,
            problem.keepsZeros(),
            3));
  }

  private static RoundingProblem with(
      RoundingProblem problem, @Nullable ScaleBounds scales, Reach reach, boolean keepsZeros) {
    return new RoundingProblem(
        problem.weights(),
        problem.out(),
        problem.k(),
        problem.encoding(),
        problem.moments(),
        problem.seed(),
        problem.samples(),
        scales,
        reach,
        keepsZeros);
  }

  private static RoundingProblem learning(RoundingProblem problem) {
    return with(
        problem, new ScaleBounds(new float[problem.out()]), problem.reach(), problem.keepsZeros());
  }

  private static RoundingSolution solve(RoundingProblem problem, Effort effort) {
    return Rounders.of(RoundingMethod.LATTICE, effort).solve(problem, RoundingControl.NONE);
  }

  @Property(tries = 150)
  void noRowIsWorseThanNearest(
      @ForAll("levels") String levels,
      @ForAll Problems.Data data,
      @ForAll boolean student,
      @ForAll Effort effort,
      @ForAll Reach reach,
      @ForAll byte seed) {
    RoundingProblem kept =
        with(
            on(
                new Problems(2, 3, 11, 2, data, student, Problems.Scales.CHANNEL).problem(seed),
                levels,
                3),
            null,
            reach,
            false);
    RoundingSolution solution = solve(kept, effort);
    double[] losses = Problems.losses(kept, solution.weight().dequantize());
    double[] nearest = Problems.losses(kept, Problems.nearest(kept));
    for (int row = 0; row < losses.length; row++) {
      assertThat(losses[row]).isLessThanOrEqualTo(nearest[row] + 1e-6 * (nearest[row] + 1e-9));
    }
    assertThat(solution.loss())
        .isCloseTo(
            Arrays.stream(losses).sum(), within(1e-6 * (Arrays.stream(nearest).sum() + 1e-9)));
    assertThat(solution.weight().encoding()).isEqualTo(kept.encoding());
  }

  @Property(tries = 80)
  void chosenLevelsAreNeverWorseThanNearestOnTheGivenOnes(
      @ForAll("levels") String levels,
      @ForAll Problems.Data data,
      @ForAll boolean student,
      @ForAll byte seed) {
    RoundingProblem kept =
        on(
            new Problems(2, 3, 11, 2, data, student, Problems.Scales.CHANNEL).problem(seed),
            levels,
            3);
    RoundingSolution solution = solve(learning(kept), Effort.FAST);
    double sum = Arrays.stream(Problems.losses(kept, solution.weight().dequantize())).sum();
    double nearest = Arrays.stream(Problems.losses(kept, Problems.nearest(kept))).sum();
    assertThat(sum).isLessThanOrEqualTo(nearest + 1e-6 * (nearest + 1e-9));
    Encoding encoding = solution.weight().encoding();
    assertThat(encoding.levels()).isEqualTo(kept.encoding().levels());
    assertThat(encoding.grid()).isEqualTo(kept.encoding().grid());
  }

  /** The search for short rows is exact, also where steps differ. */
  @ParameterizedTest
  @CsvSource({"codebook,2", "power-of-two,3", "ternary,2", "binary:2,2"})
  void shortRowsAreOptimal(String levels, int bits) {
    RoundingProblem problem =
        on(
            new Problems(1, 4, 5, 2, Problems.Data.CORRELATED, true, Problems.Scales.CHANNEL)
                .problem(11),
            levels,
            bits);
    RoundingSolution solution = solve(problem, Effort.NORMAL);
    assertThat(solution.proven()).isEqualTo(4);
    double[] losses = Problems.losses(problem, solution.weight().dequantize());
    double[] best = bruteForce(problem, 1);
    assertThat(losses).containsExactly(best, within(1e-6));
  }

  /** Descent over vectors ends near the optimum, if not always in it. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void vectorsComeNearTheOptimum(long seed) {
    RoundingProblem problem =
        on(
            new Problems(1, 6, 6, 2, Problems.Data.CORRELATED, true, Problems.Scales.CHANNEL)
                .problem(seed),
            "product:2",
            3);
    RoundingSolution solution = solve(problem, Effort.NORMAL);
    double best = Arrays.stream(bruteForce(problem, 2)).sum();
    assertThat(solution.loss()).isBetween(best - 1e-6, 1.35 * best);
    assertThat(solution.loss()).isLessThan(solution.nearestLoss());
  }

  /** The least L of each row over all indices. */
  private static double[] bruteForce(RoundingProblem problem, int dimension) {
    int size = problem.encoding().grid().steps() + 1;
    int k = problem.k();
    int places = k / dimension;
    double[] best = new double[problem.out()];
    Arrays.fill(best, Double.POSITIVE_INFINITY);
    int[] integers = new int[problem.weights().length];
    for (int code = 0; code < Math.pow(size, places); code++) {
      for (int i = 0, rest = code; i < places; i++, rest /= size) {
        for (int row = 0; row < problem.out(); row++) {
          int at = row * k + i * dimension;
          Arrays.fill(integers, at, at + dimension, rest % size);
        }
      }
      double[] losses =
          Problems.losses(
              problem,
              new QuantizedWeight(integers, problem.out(), k, problem.encoding()).dequantize());
      for (int row = 0; row < best.length; row++) {
        best[row] = Math.min(best[row], losses[row]);
      }
    }
    return best;
  }

  @Property(tries = 20)
  void threadsDoNotMatter(@ForAll("levels") String levels) throws Exception {
    RoundingProblem problem =
        learning(
            on(
                new Problems(1, 70, 12, 2, Problems.Data.CORRELATED, true, Problems.Scales.CHANNEL)
                    .problem(5),
                levels,
                2));
    QuantizedWeight alone = on(1, problem);
    QuantizedWeight together = on(2, problem);
    assertThat(together.integers()).containsExactly(alone.integers());
    assertThat(together.encoding()).isEqualTo(alone.encoding());
  }

  private static QuantizedWeight on(int threads, RoundingProblem problem) throws Exception {
    ForkJoinPool pool = new ForkJoinPool(threads);
    try {
      return pool.submit(() -> solve(problem, Effort.FAST).weight()).get();
    } finally {
      pool.shutdown();
    }
  }

  /** Every solver, with the zero points of asymmetric grids. */
  @Property(tries = 100)
  void zerosStay(
      @ForAll RoundingMethod method,
      @ForAll Problems.Data data,
      @ForAll Problems.Scales scales,
      @ForAll boolean learnsScales) {
    RoundingProblem problem =
        pruned(new Problems(1, 9, 12, 3, data, true, scales).problem(4, ClipFunction.RELU));
    staysZero(learnsScales ? learning(problem) : problem, method);
  }

  @Property(tries = 60)
  void zerosStayAmongOtherLevels(
      @ForAll Problems.Data data, @ForAll boolean learnsScales, @ForAll boolean student) {
    for (String levels : new String[] {"codebook", "power-of-two", "ternary"}) {
      RoundingProblem problem =
          on(
              pruned(new Problems(1, 9, 12, 3, data, student, Problems.Scales.CHANNEL).problem(4)),
              levels,
              3);
      staysZero(learnsScales ? learning(problem) : problem, RoundingMethod.LATTICE);
    }
  }

  private static RoundingProblem pruned(RoundingProblem problem) {
    for (int i = 0; i < problem.weights().length; i += 3) {
      problem.weights()[i] = 0;
    }
    return with(problem, null, Reach.GRID, true);
  }

  private static void staysZero(RoundingProblem problem, RoundingMethod method) {
    float[] rounded =
        Rounders.of(method, Effort.BEST).solve(problem, RoundingControl.NONE).weight().dequantize();
    for (int i = 0; i < rounded.length; i += 3) {
      assertThat(rounded[i]).as("%s %d", method, i).isZero();
    }
  }
}
