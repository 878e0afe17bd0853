package io.halfstep.rounding;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.Moments;
import java.util.SplittableRandom;

/**
 * One row's problem: levels {@code u} (integers less the zero point) within {@code lowest[j] ≤ u[j]
 * ≤ highest[j]} that minimise {@code L = d Ĝ dᵀ + 2 linear·d + shift} with {@code d[j] = step[j] ·
 * u[j] − weight[j]}.
 */
final class RowProblem {
  // arrays are shared with the hot loops of the solvers; none is written to after construction
  final int k;
  final double[] gram;
  final double[] linear;
  final double[] weight;
  final double[] step;
  final int[] zero;
  final int[] lowest;
  final int[] highest;
  final int[] nearest;
  private final double shift;

  RowProblem(RoundingProblem problem, int row, Reach reach) {
    this(problem, row, problem.encoding(), reach);
  }

  /** A row on another encoding than the problem's. */
  RowProblem(RoundingProblem problem, int row, Encoding encoding, Reach reach) {
    int rows = problem.rowsPerGroup();
    Moments moments = problem.moments().get(row / rows);
    Grid grid = encoding.grid();
    k = problem.k();
    gram = moments.gram();
    linear = new double[k];
    weight = new double[k];
    step = new double[k];
    zero = new int[k];
    lowest = new int[k];
    highest = new int[k];
    nearest = new int[k];
    boolean studentDiffers = moments.studentDiffers();
    shift = studentDiffers ? moments.shift()[row % rows] : 0;
    float[] scales = new float[k];
    encoding.spread(row, scales, zero);
    double dead = 1e-14 * meanDiagonal(gram, k);
    for (int j = 0; j < k; j++) {
      float w = problem.weights()[row * k + j];
      weight[j] = w;
      step[j] = scales[j];
      linear[j] = studentDiffers ? moments.cross()[row % rows * k + j] : 0;
      nearest[j] = grid.quantize(w, scales[j], zero[j]) - zero[j];
      if (gram[j * k + j] <= dead) {
        // a dead input: nothing depends on this weight
        lowest[j] = nearest[j];
        highest[j] = nearest[j];
      } else if (reach == Reach.GRID) {
        lowest[j] = grid.lowest() - zero[j];
        highest[j] = grid.highest() - zero[j];
      } else {
        // nearest is computed in single precision: it may lie a hair beyond
        int z = zero[j];
        lowest[j] = Math.min(nearest[j], grid.clamp((int) Math.floor(w / step[j]) + z) - z);
        highest[j] = Math.max(nearest[j], grid.clamp((int) Math.ceil(w / step[j]) + z) - z);
      }
    }
  }

  /** The random numbers of one row: the same however rows are shared out to threads. */
  static SplittableRandom random(RoundingProblem problem, int row) {
    return new SplittableRandom(problem.seed() * 0x9E3779B97F4A7C15L + row);
  }

  static double meanDiagonal(double[] gram, int k) {
    double sum = 0;
    for (int i = 0; i < k; i++) {
      sum += gram[i * k + i];
    }
    return sum / k;
  }

  /** How far levels move the weights, in the single precision of the runtimes. */
  double[] displacement(int[] levels) {
    double[] d = new double[k];
    for (int j = 0; j < k; j++) {
      d[j] = (float) step[j] * levels[j] - weight[j];
    }
    return d;
  }

  /** {@code ½ ∇L = Ĝ d + linear}. */
  double[] halfGradient(double[] d) {
    double[] g = linear.clone();
    for (int i = 0; i < k; i++) {
      double di = d[i];
      int at = i * k;
      for (int j = 0; j < k; j++) {
        g[j] += di * gram[at + j];
      }
    }
    return g;
  }

  /** L of levels. */
  double loss(int[] levels) {
    double[] d = displacement(levels);
    return loss(d, halfGradient(d));
  }

  /** L of a displacement, given {@link #halfGradient} there. */
  double loss(double[] d, double[] halfGradient) {
    double loss = shift;
    for (int j = 0; j < k; j++) {
      loss += d[j] * (halfGradient[j] + linear[j]);
    }
    return loss;
  }

  /** The nearest level that is within reach. */
  int clamp(int j, double level) {
    return (int) Math.max(lowest[j], Math.min(highest[j], Math.rint(level)));
  }
}
