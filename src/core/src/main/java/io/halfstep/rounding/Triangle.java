package io.halfstep.rounding;

import io.halfstep.tensor.Blas;
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

  /**
   * Factors {@code Ĝ + μI}; null if it is not positive definite in double precision.
   *
   * <p>The order is that of D. Wübben et al. 2001, <em>Efficient algorithm for decoding layered
   * space-time codes</em>, Electronics Letters 37: from the last coordinate to the first, the one
   * of the least weight given those after it. The product of the weights is the determinant,
   * whatever the order; so small ones at the end, where they are small anyway, leave none too great
   * for the coordinates that are fixed first, when all later ones can still make good for their
   * rounding.
   */
  static @Nullable Triangle of(double[] gram, int k, double mu, Progress progress) {
    // the Cholesky factor M of the matrix in reverse order; reversed, it is the upper U, U Uᵀ = H
    double[] m = gram.clone();
    for (int i = 0; i < k; i++) {
      m[i * k + i] += mu;
    }
    int[] last = Blas.pivotedCholesky(m, k, progress::check);
    if (last.length == 0) {
      return null;
    }
    double[] weight = new double[k];
    double[] inverse = new double[k];
    for (int i = 0; i < k; i++) {
      double pivot = m[(k - 1 - i) * (k + 1)];
      weight[i] = pivot * pivot;
      inverse[i] = 1 / pivot;
    }
    progress.check();
    int[] order = IntStream.range(0, k).map(i -> last[k - 1 - i]).toArray();
    reverse(m);
    progress.check();
    for (int i = 0; i < k; i++) {
      for (int j = i + 1; j < k; j++) {
        m[i * k + j] *= inverse[j];
      }
    }
    return new Triangle(k, order, m, weight);
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
}
