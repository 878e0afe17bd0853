package io.halfstep.rounding.refinement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.LayerSamples;
import io.halfstep.rounding.Problems;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.ScaleBounds;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.rounding.solver.Rounders;
import io.halfstep.statistics.Moments;
import io.halfstep.statistics.MomentsAccumulator;
import io.halfstep.statistics.SampleReservoir;
import io.halfstep.tensor.ClipFunction;
import io.halfstep.tensor.ConvolutionGeometry;
import io.halfstep.tensor.ConvolutionPatches;
import io.halfstep.tensor.Padding;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On a convolution of 3×3 over 8 channels in two groups, 20 rows in each. */
class RefiningRounderTest {
  private static final int CHANNELS = 8;
  private static final int GROUPS = 2;
  private static final int OUT = 40;
  private static final int SIZE = 8;
  private static final ClipFunction RELU6 = new ClipFunction(0, 6);
  private static final Patches PATCHES =
      ConvolutionPatches.of(
          new ConvolutionGeometry(
              false,
              new int[] {3, 3},
              new int[] {1, 1},
              new int[] {1, 1},
              new Padding(Padding.Mode.EXPLICIT, new int[] {1, 1}, new int[] {1, 1}),
              new int[] {0, 0},
              null),
          CHANNELS,
          GROUPS);

  /** The layer's inputs: neighbours and channels are correlated, the student's differ slightly. */
  private static Tensor[] inputs(int samples, long seed) {
    Random random = new Random(seed);
    float[] x = new float[samples * CHANNELS * SIZE * SIZE];
    float[] xHat = new float[x.length];
    double common = 0;
    for (int i = 0; i < x.length; i++) {
      common = 0.9 * common + 0.4 * random.nextGaussian();
      x[i] = (float) Math.max(0, common + 0.3 * random.nextGaussian());
      xHat[i] = x[i] + 0.02f * (float) random.nextGaussian();
    }
    return new Tensor[] {
      Tensor.of(x, samples, CHANNELS, SIZE, SIZE), Tensor.of(xHat, samples, CHANNELS, SIZE, SIZE)
    };
  }

  private static RoundingProblem problem(ClipFunction activation, int samples) {
    return problem(activation, samples, 2, false, Reach.GRID);
  }

  private static RoundingProblem problem(
      ClipFunction activation, int samples, int bits, boolean learnsScales, Reach reach) {
    int k = PATCHES.k();
    Random random = new Random(5);
    float[] weights = new float[OUT * k];
    float[] bias = new float[OUT];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) random.nextGaussian();
    }
    for (int r = 0; r < OUT; r++) {
      bias[r] = (float) (2 * random.nextGaussian() - 3); // mostly not active
    }
    SampleReservoir reservoir = new SampleReservoir(1 << 26, 1);
    List<Moments> moments;
    try (var accumulator = new MomentsAccumulator(PATCHES, weights, OUT, true)) {
      Tensor[] x = inputs(samples, 11);
      accumulator.add(x[0], x[1]);
      reservoir.add(0, x[0], x[1]);
      moments = accumulator.finish();
    }
    return new RoundingProblem(
        weights,
        OUT,
        k,
        Encoding.perTensor(Grid.signed(bits), 2.4f / (1 << (bits - 1)), 0),
        moments,
        3,
        new LayerSamples(reservoir, PATCHES, bias, activation),
        learnsScales ? new ScaleBounds(new float[OUT]) : null,
        reach,
        false);
  }

  /** {@code E‖f_a(W x + b) − f_a(W̃ x̂ + b)‖²}, computed directly. */
  private static double error(RoundingProblem problem, float[] rounded, Tensor[] x) {
    LayerSamples layer = Objects.requireNonNull(problem.samples());
    int k = problem.k();
    Patches.Columns columns = PATCHES.columns(x[0].shape());
    int positions = columns.positions();
    double sum = 0;
    for (int g = 0; g < GROUPS; g++) {
      float[] teacher = new float[k * positions];
      float[] student = new float[k * positions];
      columns.extract(x[0].floats(), g * k, k, 0, positions, teacher);
      columns.extract(x[1].floats(), g * k, k, 0, positions, student);
      for (int r = g * OUT / GROUPS; r < (g + 1) * OUT / GROUPS; r++) {
        for (int n = 0; n < positions; n++) {
          float y = layer.bias()[r];
          float yHat = y;
          for (int j = 0; j < k; j++) {
            y += problem.weights()[r * k + j] * teacher[j * positions + n];
            yHat += rounded[r * k + j] * student[j * positions + n];
          }
          double d = layer.activation().apply(y) - layer.activation().apply(yHat);
          sum += d * d;
        }
      }
    }
    return sum / positions;
  }

  private static RoundingSolution solve(RoundingMethod method, RoundingProblem problem) {
    return Rounders.of(method, Effort.FAST).solve(problem, RoundingControl.NONE);
  }

  static List<ClipFunction> activations() {
    return List.of(ClipFunction.RELU, RELU6);
  }

  @ParameterizedTest
  @MethodSource("activations")
  void lowersTheErrorBehindTheActivationOnInputsThatItHasNotSeen(ClipFunction activation) {
    RoundingProblem problem = problem(activation, 64);
    float[] lattice = solve(RoundingMethod.LATTICE, problem).weight().dequantize();
    float[] refined = solve(RoundingMethod.LATTICE_SAMPLES, problem).weight().dequantize();
    Tensor[] unseen = inputs(32, 12);
    assertThat(error(problem, refined, unseen)).isLessThan(0.98 * error(problem, lattice, unseen));
  }

  @ParameterizedTest
  @EnumSource(Reach.class)
  void noRowIsWorseThanNearestOnTheMoments(Reach reach) {
    for (int bits : new int[] {2, 3, 4}) {
      RoundingProblem problem = problem(ClipFunction.RELU, 16, bits, false, reach);
      RoundingSolution solution = solve(RoundingMethod.LATTICE_SAMPLES, problem);
      double[] losses = Problems.losses(problem, solution.weight().dequantize());
      double[] nearest = Problems.losses(problem, Problems.nearest(problem));
      for (int r = 0; r < OUT; r++) {
        assertThat(losses[r]).isLessThanOrEqualTo(nearest[r] * (1 + 1e-6));
      }
      assertThat(solution.loss())
          .isCloseTo(Arrays.stream(losses).sum(), within(1e-6 * solution.nearestLoss()));
      assertThat(solution.nearestLoss())
          .isCloseTo(Arrays.stream(nearest).sum(), within(1e-6 * solution.nearestLoss()));
      assertThat(solution.weight().integers())
          .isNotEqualTo(solve(RoundingMethod.LATTICE, problem).weight().integers());
    }
  }

  @Test
  void keepsToFloorsAndCeilings() {
    RoundingProblem problem = problem(ClipFunction.RELU, 64, 4, false, Reach.FLOOR_CEIL);
    int[] integers = solve(RoundingMethod.LATTICE_SAMPLES, problem).weight().integers();
    Grid grid = problem.encoding().grid();
    for (int i = 0; i < integers.length; i++) {
      double level = (double) problem.weights()[i] / problem.encoding().scale(0);
      assertThat(integers[i])
          .isBetween(
              grid.clamp((int) Math.floor(level - 1e-5)),
              grid.clamp((int) Math.ceil(level + 1e-5)));
    }
  }

  @Test
  void refinesOnTheScalesThatTheLatticeSolverChose() {
    RoundingProblem problem = problem(ClipFunction.RELU, 64, 2, true, Reach.GRID);
    RoundingSolution lattice = solve(RoundingMethod.LATTICE, problem);
    RoundingSolution refined = solve(RoundingMethod.LATTICE_SAMPLES, problem);
    assertThat(refined.weight().encoding()).isEqualTo(lattice.weight().encoding());
    assertThat(refined.weight().integers()).isNotEqualTo(lattice.weight().integers());
    assertThat(refined.loss()).isLessThanOrEqualTo(refined.nearestLoss());
    assertThat(refined.nearestLoss())
        .isCloseTo(lattice.nearestLoss(), within(1e-9 * lattice.nearestLoss()));
  }

  @Test
  void withoutAnActivationItIsTheLatticeSolution() {
    isTheLatticeSolution(problem(ClipFunction.IDENTITY, 64));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void withTooFewSamplesToHoldSomeOutItIsTheLatticeSolution(int samples) {
    isTheLatticeSolution(problem(ClipFunction.RELU, samples));
  }

  private static void isTheLatticeSolution(RoundingProblem problem) {
    RoundingSolution lattice = solve(RoundingMethod.LATTICE, problem);
    RoundingSolution refined = solve(RoundingMethod.LATTICE_SAMPLES, problem);
    assertThat(refined.weight().integers()).containsExactly(lattice.weight().integers());
    assertThat(refined.loss()).isEqualTo(lattice.loss());
  }

  @Test
  void aRowsErrorFallsWhereItLearnsAndWhereItDoesNot() {
    RoundingProblem problem = problem(RELU6, 32);
    LayerSamples layer = Objects.requireNonNull(problem.samples());
    SolverProgress unwatched = new SolverProgress(RoundingControl.NONE, 1);
    float[] start = Problems.nearest(problem);
    int rows = OUT / GROUPS;
    int k = problem.k();
    try (StoredPositions positions = new StoredPositions(problem, layer, 1);
        StoredPositions anew = new StoredPositions(problem, layer, 1)) {
      positions.load(start, unwatched);
      assertThat(positions.learned).isEqualTo(24 * SIZE * SIZE);
      assertThat(positions.count).isEqualTo(32 * SIZE * SIZE);
      List<RefinedRow> refined = new ArrayList<>();
      float[] moved = start.clone();
      for (int r = 0; r < rows; r++) {
        RowProblem posed = new RowProblem(problem, rows + r, Reach.GRID);
        refined.add(new RefinedRow(posed, posed.nearest, positions, r, RELU6));
      }
      new RowRefinement(refined, positions, k, unwatched).run();
      for (int r = 0; r < rows; r++) {
        for (int j = 0; j < k; j++) {
          moved[(rows + r) * k + j] = problem.encoding().scale(0) * refined.get(r).levels()[j];
        }
      }
      anew.load(moved, unwatched);
      positions.load(start, unwatched);
      int changed = 0;
      for (int r = 0; r < rows; r++) {
        int from = (rows + r) * k;
        if (!Arrays.equals(moved, from, from + k, start, from, from + k)) {
          changed++;
          assertThat(squares(anew, r, 0, anew.learned))
              .isLessThan(squares(positions, r, 0, positions.learned));
          assertThat(squares(anew, r, anew.learned, anew.count))
              .isLessThan(squares(positions, r, positions.learned, positions.count));
        }
      }
      assertThat(changed).isGreaterThan(rows / 2);
    }
  }

  private static double squares(StoredPositions positions, int row, int from, int to) {
    return IntStream.range(from, to)
        .mapToDouble(n -> RELU6.apply(positions.outputs[row][n]) - positions.targets[row][n])
        .map(d -> d * d)
        .sum();
  }

  @Test
  void threadsDoNotMatter() throws Exception {
    RoundingProblem problem = problem(ClipFunction.RELU, 24);
    Rounder rounder = Rounders.of(RoundingMethod.LATTICE_SAMPLES, Effort.FAST);
    int[][] integers = new int[3][];
    for (int threads = 1; threads <= 3; threads++) {
      ForkJoinPool pool = new ForkJoinPool(threads);
      try {
        integers[threads - 1] =
            pool.submit(() -> rounder.solve(problem, RoundingControl.NONE).weight().integers())
                .get();
      } finally {
        pool.shutdown();
      }
    }
    assertThat(integers[1]).containsExactly(integers[0]);
    assertThat(integers[2]).containsExactly(integers[0]);
  }

  @Test
  void tellsItsProgress() {
    double[] last = {0};
    int[] backwards = {0};
    RoundingControl control =
        new RoundingControl() {
          @Override
          public synchronized void progress(double share) {
            backwards[0] += share < last[0] - 0.5 ? 1 : 0;
            last[0] = Math.max(last[0], share);
          }
        };
    Rounders.of(RoundingMethod.LATTICE_SAMPLES, Effort.FAST)
        .solve(problem(ClipFunction.RELU, 8), control);
    assertThat(last[0]).isEqualTo(1);
    assertThat(backwards[0]).isZero();
  }
}
