package io.halfstep.rounding.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.quantizer.Encoding;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Problems;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.ScaleBounds;
import io.halfstep.rounding.solver.Rounders;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ScaleSearchTest {
  private static RoundingProblem learning(RoundingProblem kept, float least) {
    float[] leasts = new float[kept.out()];
    Arrays.fill(leasts, least);
    return new RoundingProblem(
        kept.weights(),
        kept.out(),
        kept.k(),
        kept.encoding(),
        kept.moments(),
        kept.seed(),
        null,
        new ScaleBounds(leasts),
        kept.reach(),
        false);
  }

  private static RoundingSolution solve(RoundingProblem problem) {
    return Rounders.of(RoundingMethod.LATTICE, Effort.FAST).solve(problem, RoundingControl.NONE);
  }

  @Property(tries = 100)
  void neverWorseThanNearestOnTheGivenScales(
      @ForAll Problems.Data data, @ForAll Problems.Scales scales, @ForAll boolean student) {
    RoundingProblem kept = new Problems(2, 3, 11, 2, data, student, scales).problem(7);
    RoundingSolution solution = solve(learning(kept, 0));
    double[] losses = Problems.losses(kept, solution.weight().dequantize());
    double[] nearest = Problems.losses(kept, Problems.nearest(kept));
    double sum = Arrays.stream(losses).sum();
    double nearestSum = Arrays.stream(nearest).sum();
    double precision = 1e-6 * (nearestSum + 1e-9);
    assertThat(solution.loss()).isCloseTo(sum, within(precision));
    assertThat(solution.nearestLoss()).isCloseTo(nearestSum, within(precision));
    assertThat(sum).isLessThanOrEqualTo(nearestSum + precision);
    assertThat(solution.weight().encoding().granularity()).isEqualTo(kept.encoding().granularity());
    assertThat(solution.weight().encoding().grid()).isEqualTo(kept.encoding().grid());
    if (kept.encoding().symmetric()) {
      assertThat(solution.weight().encoding().symmetric()).isTrue();
    }
  }

  /** The loss falls for each problem, and over all of them by more than chance explains. */
  @ParameterizedTest
  @CsvSource({
    "CHANNEL, 0.95",
    "TENSOR, 0.98",
    "CLIPPING, 0.6",
    "ASYMMETRIC, 0.9",
    "BLOCKS, 0.95",
    "ASYMMETRIC_BLOCKS, 0.9"
  })
  void lowersTheErrorAtTwoBits(Problems.Scales scales, double most) {
    int problems = 10;
    double sum = 0;
    for (int seed = 1; seed <= problems; seed++) {
      RoundingProblem kept =
          new Problems(1, 8, 60, 2, Problems.Data.CORRELATED, true, scales).problem(seed);
      double ratio = solve(learning(kept, 0)).loss() / solve(kept).loss();
      assertThat(ratio).isLessThan(1);
      sum += ratio;
    }
    assertThat(sum / problems).isLessThan(most);
  }

  @ParameterizedTest
  @EnumSource(Problems.Scales.class)
  void choosesNoScaleBelowTheBound(Problems.Scales scales) {
    RoundingProblem kept =
        new Problems(1, 8, 30, 2, Problems.Data.CORRELATED, true, scales).problem(3);
    Encoding free = solve(learning(kept, 0)).weight().encoding();
    float bound = 1.02f * free.scales()[0];
    float[] bounded = solve(learning(kept, bound)).weight().encoding().scales();
    for (int i = 0; i < bounded.length; i++) {
      // a given scale stays, even below the bound
      assertThat(bounded[i]).isGreaterThanOrEqualTo(Math.min(bound, kept.encoding().scales()[i]));
    }
  }
}
