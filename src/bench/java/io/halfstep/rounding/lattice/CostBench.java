package io.halfstep.rounding.lattice;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.ranges.WeightRanges;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.solver.Rounders;
import io.halfstep.statistics.Moments;
import io.halfstep.statistics.MomentsAccumulator;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.RowPatches;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * The cost of the lattice solver: seconds against the length of the rows, their number, and the
 * number of samples in the moments. The inputs are a random walk with a pull to its mean
 * (neighbours correlate by 0.9), through a ReLU; the weights are Gaussian, at 4 bits.
 */
final class CostBench {
  private static final float CORRELATION = 0.9f;
  private static final int BATCH = 1024;
  private static final int ROWS = 64;
  private static final int POSITIONS = 8192;
  // above, the exhaustive plan takes minutes
  private static final int BEST_MAX_K = 1152;

  private CostBench() {}

  public static void main(String[] args) {
    measure(288, ROWS, POSITIONS, Effort.NORMAL, false); // warms up the compiler
    for (int k : new int[] {288, 576, 1152, 2304, 4608, 8192}) {
      for (Effort effort : Effort.values()) {
        if (effort != Effort.BEST || k <= BEST_MAX_K) {
          measure(k, ROWS, POSITIONS, effort, true);
        }
      }
    }
    for (int rows : new int[] {128, 256, 512}) {
      measure(576, rows, POSITIONS, Effort.NORMAL, true);
    }
    for (int positions : new int[] {1024, 65_536, 524_288}) {
      measure(576, ROWS, positions, Effort.NORMAL, true);
    }
  }

  private static void measure(int k, int rows, int positions, Effort effort, boolean prints) {
    Random random = new Random(1);
    float[] weights = new float[rows * k];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) random.nextGaussian();
    }
    Encoding encoding =
        WeightRanges.encode(
            weights, rows, k, Grid.signed(4), Granularity.CHANNEL, new RangeMethod.Mse());
    List<Moments> moments = moments(k, weights, rows, positions, random);
    RoundingProblem problem = new RoundingProblem(weights, rows, k, encoding, moments, 0);
    long start = System.nanoTime();
    RoundingSolution solution =
        Rounders.of(RoundingMethod.LATTICE, effort).solve(problem, RoundingControl.NONE);
    double seconds = (System.nanoTime() - start) / 1e9;
    if (prints) {
      System.out.printf(
          "{\"k\":%d,\"rows\":%d,\"positions\":%d,\"effort\":\"%s\",\"seconds\":%.3f,\"ratio\":%.4f}%n",
          k, rows, positions, effort.name().toLowerCase(Locale.ROOT), seconds, solution.ratio());
    }
  }

  private static List<Moments> moments(
      int k, float[] weights, int rows, int positions, Random random) {
    RowPatches patches = RowPatches.rows(k);
    try (MomentsAccumulator accumulator = new MomentsAccumulator(patches, weights, rows, false)) {
      for (int done = 0; done < positions; done += BATCH) {
        Tensor batch = Tensor.of(ElementType.FLOAT, inputs(k, random), BATCH, k);
        accumulator.add(batch, batch);
      }
      return accumulator.finish();
    }
  }

  private static float[] inputs(int k, Random random) {
    float noise = (float) Math.sqrt(1 - CORRELATION * CORRELATION);
    float[] values = new float[BATCH * k];
    for (int p = 0; p < BATCH; p++) {
      float x = 0;
      for (int i = 0; i < k; i++) {
        x = CORRELATION * x + noise * (float) random.nextGaussian();
        values[p * k + i] = Math.max(0, x);
      }
    }
    return values;
  }
}
