package io.halfstep.rounding;

import io.halfstep.tensor.Blas;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A damped Gram matrix {@code Ĝ + μI} as {@code Vᵀ-shaped} squares: with the coordinates in the
 * order in which they are to be fixed,
 *
 * <pre>  d (Ĝ + μI) dᵀ = Σ_i weight[i] · (d[i] + Σ_{j&lt;i} v[j, i] d[j])² </pre>
 *
 * so that the best {@code d[i]} given those before it, all later ones being free, is where the
 * bracket vanishes. One factorization serves all rows that share the matrix.
 */
final class Triangle {
  private static final int CHECK_INTERVAL = 256;

  final int k;

  /** The coordinates in the order in which they are fixed. */
  final int[] order;

  /** {@code [k, k]}, row-major, strictly upper, in that order. */
  final double[] v;

  final double[] weight;

  private Triangle(int k, int[] order, double[] v, double[] weight) {
    this.k = k;
    this.order = order;
    this.v = v;
    this.weight = weight;
  }

  /** The coordinates by descending diagonal: first those on which most depends. */
  static int[] byDiagonal(double[] gram, int k) {
    double[] key = new double[k];
    for (int i = 0; i < k; i++) {
      key[i] = -gram[i * k + i];
    }
    return ascending(key);
  }

  /** The coordinates by ascending key. */
  static int[] ascending(double[] key) {
    return IntStream.range(0, key.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> key[i]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** Null if {@code Ĝ + μI} is not positive definite in double precision. */
  static @Nullable Triangle of(double[] gram, int k, int[] order, double mu, Progress progress) {
    // the Cholesky factor M of the matrix in reverse order; reversed, it is the upper U, U Uᵀ = H
    double[] m = new double[k * k];
    for (int i = 0; i < k; i++) {
      checkNowAndThen(i, progress);
      int from = order[k - 1 - i] * k;
      for (int j = 0; j <= i; j++) {
        m[i * k + j] = gram[from + order[k - 1 - j]];
      }
      m[i * k + i] += mu;
    }
    if (!Blas.cholesky(m, k, progress::check)) {
      return null;
    }
    double[] weight = new double[k];
    for (int i = 0; i < k; i++) {
      double pivot = m[(k - 1 - i) * (k + 1)];
      weight[i] = pivot * pivot;
    }
    reverse(m);
    for (int i = 0; i < k; i++) {
      checkNowAndThen(i, progress);
      for (int j = i + 1; j < k; j++) {
        m[i * k + j] /= Math.sqrt(weight[j]);
      }
    }
    return new Triangle(k, order, m, weight);
  }

  private static void checkNowAndThen(int row, Progress progress) {
    if (row % CHECK_INTERVAL == 0) {
      progress.check();
    }
  }

  private static void reverse(double[] m) {
    for (int i = 0, j = m.length - 1; i < j; i++, j--) {
      double t = m[i];
      m[i] = m[j];
      m[j] = t;
    }
  }

  /**
   * The constants that a linear term adds to the brackets: {@code d H dᵀ + 2 linear·d = Σ weight[i]
   * (d[i] + Σ v[j, i] d[j] + offset[i])² + const}.
   */
  double[] offsets(double[] linear) {
    double[] offset = new double[k];
    double[] scaled = new double[k];
    for (int i = k - 1; i >= 0; i--) {
      double sum = linear[order[i]];
      for (int j = i + 1; j < k; j++) {
        sum -= v[i * k + j] * scaled[j];
      }
      scaled[i] = sum;
      offset[i] = sum / weight[i];
    }
    return offset;
  }

  /**
   * Successive conditional rounding (Babai's nearest plane): each coordinate in turn goes to the
   * level nearest to its optimum given those before it.
   */
  int[] round(RowProblem row) {
    int[] levels = new int[k];
    roundPanel(row, 0, k, offsets(row.linear), new double[k], levels);
    return levels;
  }

  /**
   * The same for the coordinates {@code [from, from + width)} of the order, those before them being
   * fixed.
   *
   * @param centre of each of them: the constant of its bracket, with the share of those before
   *     {@code from}; left changed
   * @param moved gets the displacement of each of them
   * @param levels gets their levels, each in its own place
   */
  void roundPanel(
      RowProblem row, int from, int width, double[] centre, double[] moved, int[] levels) {
    for (int i = 0; i < width; i++) {
      int at = order[from + i];
      levels[at] = row.clamp(at, (row.weight[at] - centre[i]) / row.step[at]);
      double d = row.step[at] * levels[at] - row.weight[at];
      moved[i] = d;
      int begin = (from + i) * k + from;
      for (int j = i + 1; j < width; j++) {
        centre[j] += v[begin + j] * d;
      }
    }
  }
}
