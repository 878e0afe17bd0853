package io.halfstep.rounding.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Encoding;
import io.halfstep.rounding.Problems;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.row.RowProblem;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class ScaleParabolaTest {
  private static final int K = 20;

  private static RoundingProblem problem(Problems.Scales scales) {
    return new Problems(1, 1, K, 2, Problems.Data.CORRELATED, true, scales).problem(1);
  }

  private static ScaleParabola parabola(RoundingProblem problem, int[] levels) {
    Encoding encoding = problem.encoding();
    int size = encoding.isBlocked() ? Problems.BLOCK_SIZE : K;
    double[] multiples = new double[K];
    for (int j = 0; j < K; j++) {
      multiples[j] = levels[j] * encoding.factors().of(j);
    }
    return ScaleParabola.of(
        new RowProblem(problem, 0, Reach.GRID), multiples, encoding.blocks(), size);
  }

  private static RoundingProblem withFactors(RoundingProblem problem) {
    float[] factors = new float[K];
    for (int j = 0; j < K; j++) {
      factors[j] = Math.scalb(1f, j % 5 - 2);
    }
    return problem.on(problem.encoding().withFactors(ChannelFactors.of(factors)));
  }

  private static int[] nearest(RoundingProblem problem) {
    return new RowProblem(problem, 0, Reach.GRID).nearest;
  }

  private static double[] reals(float[] scales) {
    double[] reals = new double[scales.length];
    for (int i = 0; i < reals.length; i++) {
      reals[i] = scales[i];
    }
    return reals;
  }

  @ParameterizedTest
  @EnumSource(value = Problems.Scales.class, mode = Mode.EXCLUDE, names = "TENSOR")
  void isTheLossByScaleButForAConstant(Problems.Scales scales) {
    isTheLossByScale(problem(scales));
    isTheLossByScale(withFactors(problem(scales)));
  }

  private static void isTheLossByScale(RoundingProblem problem) {
    int[] levels = nearest(problem);
    ScaleParabola parabola = parabola(problem, levels);
    Random random = new Random(3);
    double[] rest = new double[4];
    for (int i = 0; i < rest.length; i++) {
      float[] tried = problem.encoding().scales();
      for (int b = 0; b < tried.length; b++) {
        tried[b] *= 0.5f + random.nextFloat();
      }
      Encoding on = problem.encoding().with(tried, problem.encoding().zeroPoints());
      double loss = new RowProblem(problem, 0, on, Reach.GRID).loss(levels);
      rest[i] = loss - parabola.at(reals(tried));
    }
    assertThat(rest).containsOnly(new double[] {rest[0]}, within(1e-5));
  }

  @ParameterizedTest
  @EnumSource(value = Problems.Scales.class, mode = Mode.EXCLUDE, names = "TENSOR")
  void isLeastWhereNoScaleCanMove(Problems.Scales scales) {
    RoundingProblem problem = problem(scales);
    ScaleParabola parabola = parabola(problem, nearest(problem));
    double[] start = reals(problem.encoding().scales());
    double[] lowest = Arrays.stream(start).map(s -> 0.9 * s).toArray();
    double[] highest = Arrays.stream(start).map(s -> 1.1 * s).toArray();

    double[] best = parabola.least(start, lowest, highest);

    double least = parabola.at(best);
    assertThat(least).isLessThan(parabola.at(start));
    for (int b = 0; b < best.length; b++) {
      assertThat(best[b]).isBetween(lowest[b], highest[b]);
      for (double factor : new double[] {0.999, 1.001}) {
        double[] moved = best.clone();
        moved[b] = Math.max(lowest[b], Math.min(highest[b], factor * best[b]));
        assertThat(parabola.at(moved)).isGreaterThanOrEqualTo(least - 1e-12);
      }
    }
  }

  @Test
  void ofDeadInputsTheScaleStays() {
    RoundingProblem problem =
        new Problems(1, 1, K, 2, Problems.Data.ZERO, false, Problems.Scales.BLOCKS).problem(1);
    double[] start = reals(problem.encoding().scales());

    assertThat(parabola(problem, nearest(problem)).least(start, start, start))
        .containsExactly(start);
  }
}
