package io.halfstep.rounding.row;

import io.halfstep.quantizer.Codebook;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.statistics.Moments;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The rounding problem of one row: find levels {@code u} (integers less the zero point) with {@code
 * lowest[j] ≤ u[j] ≤ highest[j]} that minimise
 *
 * <pre>  L = d Ĝ dᵀ + 2 linear·d + shift,   d[j] = step[j] · value(u[j]) − weight[j] </pre>
 *
 * where a level's value is the level itself or, with a codebook, that of its entry {@code u[j]}.
 * Where entries are vectors, weights of a vector have the same level, and bounds are for each
 * alone.
 */
public final class RowProblem {
  // The inner loops of the solvers read these arrays directly. Nobody writes to them.

  /** The length of the row. */
  public final int k;

  /** {@code Ĝ}, {@code [k, k]}. */
  public final double[] gram;

  /** {@code E[(w δ) x̂ᵀ]}. */
  public final double[] linear;

  /** The weights, real. */
  public final double[] weight;

  /** The scale of each weight. */
  public final double[] step;

  /** The zero point of each weight. */
  public final int[] zero;

  /** The lowest level that each weight may take. */
  public final int[] lowest;

  /** The highest level that each weight may take. */
  public final int[] highest;

  /** The level nearest to each weight. */
  public final int[] nearest;

  private final double shift;
  private final float @Nullable [] table;
  private final int dimension;

  /** Creates a row on the problem's encoding. */
  public RowProblem(RoundingProblem problem, int row, Reach reach) {
    this(problem, row, problem.encoding(), reach);
  }

  /** Creates a row on another encoding than the problem's. */
  public RowProblem(RoundingProblem problem, int row, Encoding encoding, Reach reach) {
    int rows = problem.rowsPerGroup();
    Moments moments = problem.moments().get(row / rows);
    Grid grid = encoding.grid();
    Codebook codebook = encoding.codebook();
    table = codebook == null ? null : codebook.table(row);
    dimension = codebook == null ? 1 : codebook.dimension();
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
    if (codebook != null) {
      codebook.nearest(row, problem.weights(), row * k, scales, nearest, 0);
    }
    double dead = 1e-14 * meanDiagonal(gram, k);
    for (int j = 0; j < k; j++) {
      float w = problem.weights()[row * k + j];
      weight[j] = w;
      step[j] = scales[j];
      linear[j] = studentDiffers ? moments.cross()[row % rows * k + j] : 0;
      if (codebook == null) {
        nearest[j] = grid.quantize(w, scales[j], zero[j]) - zero[j];
      }
      // the loss does not depend on the weight of a dead input
      if (gram[j * k + j] <= dead || (w == 0 && problem.keepsZeros())) {
        lowest[j] = nearest[j];
        highest[j] = nearest[j];
      } else if (reach == Reach.GRID) {
        lowest[j] = grid.lowest() - zero[j];
        highest[j] = grid.highest() - zero[j];
      } else if (codebook == null) {
        // nearest is computed in single precision, so it can be outside by a rounding error
        int z = zero[j];
        lowest[j] = Math.min(nearest[j], grid.clamp((int) Math.floor(w / step[j]) + z) - z);
        highest[j] = Math.max(nearest[j], grid.clamp((int) Math.ceil(w / step[j]) + z) - z);
      } else {
        double away = w / step[j] - value(nearest[j]);
        lowest[j] = grid.clamp(away < 0 ? nearest[j] - 1 : nearest[j]);
        highest[j] = grid.clamp(away > 0 ? nearest[j] + 1 : nearest[j]);
      }
      if (problem.pairs() != null) {
        int limit = problem.pairs().limit(row * k + j, step[j]);
        lowest[j] = Math.max(lowest[j], -limit);
        highest[j] = Math.min(highest[j], limit);
      }
    }
  }

  /** Returns the random numbers of a row. They do not depend on which thread works on the row. */
  public static SplittableRandom random(RoundingProblem problem, int row) {
    return new SplittableRandom(problem.seed() * 0x9E3779B97F4A7C15L + row);
  }

  /** Returns the mean of a matrix's diagonal. */
  public static double meanDiagonal(double[] gram, int k) {
    double sum = 0;
    for (int i = 0; i < k; i++) {
      sum += gram[i * k + i];
    }
    return sum / k;
  }

  /** Returns the real value of a level that is a number, in units of the step. */
  public float value(int level) {
    return table == null ? level : table[level];
  }

  /** Returns what a level is for weight j, in units of the step. */
  public float value(int j, int level) {
    return table == null ? level : table[level * dimension + j % dimension];
  }

  /** How far levels move the weights, in single precision as runtimes compute it. */
  public double[] displacement(int[] levels) {
    double[] d = new double[k];
    for (int j = 0; j < k; j++) {
      d[j] = (float) step[j] * value(j, levels[j]) - weight[j];
    }
    return d;
  }

  /** Returns {@code ½ ∇L = Ĝ d + linear}. */
  public double[] halfGradient(double[] d) {
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

  /** Returns L of levels. */
  public double loss(int[] levels) {
    double[] d = displacement(levels);
    return loss(d, halfGradient(d));
  }

  /** Returns L of a displacement, given {@link #halfGradient} there. */
  public double loss(double[] d, double[] halfGradient) {
    double loss = shift;
    for (int j = 0; j < k; j++) {
      loss += d[j] * (halfGradient[j] + linear[j]);
    }
    return loss;
  }

  /**
   * Returns the level nearest to a real number, in units of the step, among those that weight j may
   * take.
   */
  public int clamp(int j, double real) {
    if (table == null) {
      return (int) Math.max(lowest[j], Math.min(highest[j], Math.rint(real)));
    }
    int below = lowest[j];
    int above = highest[j];
    while (above - below > 1) {
      int middle = (below + above) / 2;
      if (table[middle] <= real) {
        below = middle;
      } else {
        above = middle;
      }
    }
    return real - table[below] <= table[above] - real ? below : above;
  }
}
