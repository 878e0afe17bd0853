package io.halfstep.papers;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.adaround.LearnedRounding.Kind;
import io.halfstep.rounding.adaround.ReconstructionRounder;
import io.halfstep.rounding.solver.Rounders;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Two rows of eight weights, rounded by all methods of the tables. */
class WeightRoundingTest {
  private static final int BITS = 3;
  private static final int K = 8;
  private static final int OUT = 2;
  private static final StageGraph GRAPH =
      StageGraph.of(
          OnnxGraphs.opset(17)
              .input("x", -1, K)
              .weight("w", OUT, K)
              .node("Gemm", "y", List.of("x", "w"), OnnxGraphs.integer("transB", 1))
              .output("y")
              .model());
  private static final Layer LAYER = GRAPH.layers().get(0);
  private static final List<Tensor> SAMPLES = List.of(correlated(32), correlated(32));

  private static Tensor correlated(int count) {
    Random random = new Random(count);
    float[] x = new float[count * K];
    for (int n = 0; n < count; n++) {
      double common = random.nextGaussian();
      for (int i = 0; i < K; i++) {
        x[n * K + i] = (float) (common + 0.4 * random.nextGaussian());
      }
    }
    return Tensor.of(x, count, K);
  }

  private static WeightRounding by(Rounder rounder) {
    return new WeightRounding(BITS, new RangeMethod.Mse(), rounder, false, false);
  }

  private static RoundingProblem problem(Rounder rounder) {
    return by(rounder).problem(LAYER, SAMPLES, SAMPLES, 0);
  }

  private static RoundingSolution solution(Rounder rounder) {
    return rounder.solve(problem(rounder), RoundingControl.NONE);
  }

  /** The least error of all 2⁸ roundings of each row. */
  private static double least(RoundingProblem problem) {
    double sum = 0;
    for (int row = 0; row < OUT; row++) {
      double least = Double.POSITIVE_INFINITY;
      for (int choice = 0; choice < 1 << K; choice++) {
        double[] d = new double[K];
        for (int j = 0; j < K; j++) {
          float w = problem.weights()[row * K + j];
          float scale = problem.encoding().scale(row);
          double level = Math.floor(w / scale) + (choice >> j & 1);
          d[j] = scale * Math.max(-4, Math.min(3, level)) - w;
        }
        least = Math.min(least, problem.moments().get(0).loss(row, d));
      }
      sum += least;
    }
    return sum;
  }

  @ParameterizedTest
  @EnumSource(value = Kind.class, mode = Mode.EXCLUDE, names = "STRAIGHT_THROUGH")
  void relaxationsFindNearlyTheBestRounding(Kind kind) {
    RoundingSolution learned = solution(new ReconstructionRounder(kind, 500));
    double least = least(problem(Rounders.of(RoundingMethod.NEAREST)));

    assertThat(learned.nearestLoss()).isGreaterThan(2 * least);
    assertThat(learned.loss()).isLessThan(1.3 * least);
  }

  /** It swings between levels to the end. */
  @Test
  void straightThroughImprovesOnNearest() {
    RoundingSolution learned = solution(new ReconstructionRounder(Kind.STRAIGHT_THROUGH, 500));

    assertThat(learned.loss()).isLessThan(0.8 * learned.nearestLoss());
  }

  @ParameterizedTest
  @EnumSource(DirectedRounder.class)
  void roundsInOneDirection(DirectedRounder rounder) {
    RoundingProblem problem = problem(rounder);
    int[] integers = solution(rounder).weight().integers();
    for (int i = 0; i < integers.length; i++) {
      double level = problem.weights()[i] / problem.encoding().scale(i / K);
      double whole = rounder == DirectedRounder.CEIL ? Math.ceil(level) : Math.floor(level);
      assertThat(integers[i]).isEqualTo((int) Math.max(-4, Math.min(3, whole)));
    }
  }

  @Test
  void replacesTheWeight() {
    Rounder rounder = Rounders.of(RoundingMethod.LATTICE);
    StageGraph rounded = StageGraph.of(by(rounder).round(GRAPH, 1, SAMPLES, 0));
    assertThat(rounded.layers().get(0).weight().floats())
        .containsExactly(solution(rounder).weight().dequantize());
  }
}
