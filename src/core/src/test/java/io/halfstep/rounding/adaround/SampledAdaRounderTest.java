package io.halfstep.rounding.adaround;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.rounding.LayerSamples;
import io.halfstep.rounding.Problems;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.rounding.solver.Rounders;
import io.halfstep.statistics.Moments;
import io.halfstep.statistics.MomentsAccumulator;
import io.halfstep.statistics.SampleReservoir;
import io.halfstep.tensor.ClipFunction;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SampledAdaRounderTest {
  private static final int GROUPS = 2;
  private static final int K = 10;
  private static final int ROWS = 3;
  private static final int LENGTH = 7;

  /** Samples {@code [LENGTH, GROUPS · K]}; a position is a row. */
  private static final Patches PATCHES =
      new Patches() {
        @Override
        public int groups() {
          return GROUPS;
        }

        @Override
        public int k() {
          return K;
        }

        @Override
        public boolean keepsFirstAxis(int rank) {
          return true;
        }

        @Override
        public Columns columns(long[] shape, long firstSample) {
          return new Rows((int) (shape[0] * shape[1]));
        }
      };

  private record Rows(int positions) implements Patches.Columns {
    @Override
    public void extract(float[] input, int row, int rows, int from, int count, float[] to) {
      for (int i = 0; i < rows; i++) {
        for (int n = 0; n < count; n++) {
          to[i * count + n] = input[(from + n) * GROUPS * K + row + i];
        }
      }
    }
  }

  private static RoundingProblem problem(ClipFunction activation, int samples) {
    Random random = new Random(3);
    float[] weights = new float[GROUPS * ROWS * K];
    float[] bias = new float[GROUPS * ROWS];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) random.nextGaussian();
    }
    for (int i = 0; i < bias.length; i++) {
      bias[i] = (float) random.nextGaussian() - 1;
    }
    float[] x = new float[samples * LENGTH * GROUPS * K];
    float[] xHat = new float[x.length];
    double common = 0;
    for (int i = 0; i < x.length; i++) {
      common = i % K == 0 ? random.nextGaussian() : common;
      x[i] = (float) (common + 0.5 * random.nextGaussian());
      xHat[i] = x[i] + 0.1f * (float) random.nextGaussian();
    }
    Tensor teacher = Tensor.of(x, samples, LENGTH, GROUPS * K);
    Tensor student = Tensor.of(xHat, samples, LENGTH, GROUPS * K);
    SampleReservoir reservoir = new SampleReservoir(1 << 20, 1);
    List<Moments> moments;
    try (var accumulator = new MomentsAccumulator(PATCHES, weights, bias.length, true)) {
      if (samples > 0) {
        reservoir.add(0, teacher, student);
        accumulator.add(teacher, student);
      }
      moments = accumulator.finish();
    }
    return new RoundingProblem(
        weights,
        bias.length,
        K,
        Encoding.perTensor(Grid.signed(3), 0.6f, 0),
        moments,
        9,
        new LayerSamples(reservoir, PATCHES, bias, activation),
        null,
        Reach.GRID,
        false);
  }

  /** Sum over outputs, mean over positions of a batch, in double precision. */
  private static double error(RoundingProblem problem, float[] weights, int[] batch) {
    LayerSamples layer = Objects.requireNonNull(problem.samples());
    double error = 0;
    for (int s : batch) {
      SampleReservoir.Sample sample = layer.reservoir().samples().get(s);
      for (int p = 0; p < LENGTH; p++) {
        for (int r = 0; r < GROUPS * ROWS; r++) {
          double teacher = layer.bias()[r];
          double student = layer.bias()[r];
          for (int i = 0; i < K; i++) {
            int at = (p * GROUPS + r / ROWS) * K + i;
            teacher += (double) problem.weights()[r * K + i] * sample.teacher().floats()[at];
            student += (double) weights[r * K + i] * sample.student().floats()[at];
          }
          double difference = clip(teacher, layer.activation()) - clip(student, layer.activation());
          error += difference * difference;
        }
      }
    }
    return error / batch.length / LENGTH;
  }

  private static double clip(double x, ClipFunction to) {
    return Math.min(to.highest(), Math.max(to.lowest(), x));
  }

  static List<ClipFunction> activations() {
    return List.of(ClipFunction.IDENTITY, ClipFunction.RELU, new ClipFunction(-0.5f, 2));
  }

  @ParameterizedTest
  @MethodSource("activations")
  void gradientIsTheErrorsSlope(ClipFunction activation) {
    RoundingProblem problem = problem(activation, 12);
    LayerSamples layer = Objects.requireNonNull(problem.samples());
    int[] batch = {0, 3, 3, 7, 11};
    float[] weights = problem.weights().clone();
    for (int i = 0; i < weights.length; i++) {
      weights[i] += 0.2f * (float) Math.sin(i);
    }
    float[] gradient = new float[weights.length];
    try (SampledLoss loss =
        new SampledLoss(problem, layer, new SolverProgress(RoundingControl.NONE, 1))) {
      loss.aim();
      loss.gradient(weights, batch, gradient);
    }
    for (int i = 0; i < weights.length; i++) {
      float[] moved = weights.clone();
      moved[i] += 1e-3f;
      double above = error(problem, moved, batch);
      double up = moved[i];
      moved[i] = weights[i] - 1e-3f;
      double slope = (above - error(problem, moved, batch)) / (up - moved[i]);
      assertThat((double) gradient[i])
          .isCloseTo(slope, within(2e-2 * Math.max(1, Math.abs(slope))));
    }
  }

  @Test
  void lowersTheErrorBelowNearest() {
    RoundingSolution solution =
        new SampledAdaRounder(1000).solve(problem(ClipFunction.IDENTITY, 64), RoundingControl.NONE);
    assertThat(solution.ratio()).isLessThan(0.6);
  }

  @Test
  void lowersTheErrorOfBlocks() {
    int blocks = (K + 1) / 2;
    float[] scales = new float[GROUPS * ROWS * blocks];
    int[] zeroPoints = new int[scales.length];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = i % 2 == 0 ? 0.3f : 0.8f;
      zeroPoints[i] = 3 + i % 3;
    }
    RoundingProblem problem =
        problem(ClipFunction.IDENTITY, 64)
            .on(Encoding.perBlock(Grid.unsigned(3), 2, blocks, scales, zeroPoints));
    RoundingSolution solution = new SampledAdaRounder(1000).solve(problem, RoundingControl.NONE);
    assertThat(solution.ratio()).isLessThan(0.7);
    assertThat(solution.loss())
        .isCloseTo(
            Arrays.stream(Problems.losses(problem, solution.weight().dequantize())).sum(),
            within(1e-6 * solution.nearestLoss()));
  }

  @Test
  void throughReluTheErrorBehindItIsWhatFalls() {
    RoundingProblem problem = problem(ClipFunction.RELU, 64);
    int[] all = new int[64];
    for (int i = 0; i < all.length; i++) {
      all[i] = i;
    }
    float[] rounded =
        new SampledAdaRounder(1000).solve(problem, RoundingControl.NONE).weight().dequantize();
    assertThat(error(problem, rounded, all))
        .isLessThan(0.8 * error(problem, Problems.nearest(problem), all));
  }

  @Test
  void threadsDoNotMatter() throws Exception {
    RoundingProblem problem = problem(ClipFunction.RELU, 20);
    Rounder rounder = new SampledAdaRounder(100);
    ForkJoinPool alone = new ForkJoinPool(1);
    try {
      int[] one =
          alone
              .submit(() -> rounder.solve(problem, RoundingControl.NONE).weight().integers())
              .get();
      assertThat(rounder.solve(problem, RoundingControl.NONE).weight().integers())
          .containsExactly(one);
    } finally {
      alone.shutdown();
    }
  }

  @Test
  void withoutDataItRoundsToNearest() {
    RoundingProblem problem = problem(ClipFunction.IDENTITY, 0);
    RoundingSolution solution = new SampledAdaRounder(10).solve(problem, RoundingControl.NONE);
    assertThat(solution.flips()).isZero();
    assertThat(solution.ratio()).isEqualTo(1);
  }

  @Test
  void wantsSamples() {
    RoundingProblem without =
        new Problems(1, 1, 3, 4, Problems.Data.CORRELATED, false, Problems.Scales.TENSOR)
            .problem(1);
    Rounder rounder = Rounders.of(RoundingMethod.ADAROUND_SAMPLES);
    assertThatThrownBy(() -> rounder.solve(without, RoundingControl.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("samples");
  }
}
