package io.halfstep.rounding.lattice;

import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.tensor.Blas;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The Cholesky factorization of a damped Gram matrix, {@code Ĝ + μI = V diag(weight) Vᵀ} with a
 * unit upper triangular {@code V}. It turns the quadratic form into a sum of squares over the
 * coordinates, in the order in which they are rounded:
 *
 * <pre>  d (Ĝ + μI) dᵀ = Σ_i weight[i] · (d[i] + Σ_{j&lt;i} v[j, i] d[j])² </pre>
 *
 * Given {@code d[j]} of all earlier coordinates, and with all later ones free, the best {@code
 * d[i]} is the one at which its square vanishes. One factorization serves all rows that share the
 * matrix.
 */
final class DampedCholesky {
  final int k;

  /** The coordinates in the order in which they are rounded. */
  final int[] order;

  /** {@code V} above its diagonal, {@code [k, k]}, row-major, in that order. */
  final double[] v;

  /** The weight of each square, in that order. */
  final double[] weight;

  private DampedCholesky(int k, int[] order, double[] v, double[] weight) {
    this.k = k;
    this.order = order;
    this.v = v;
    this.weight = weight;
  }

  /**
   * Factors {@code Ĝ + μI}; null if it is not positive definite in double precision.
   *
   * <p>The order is that of the sorted QR decomposition (D. Wübben et al. 2001, <em>Efficient
   * algorithm for decoding layered space-time codes</em>, Electronics Letters 37). It is chosen
   * from the last coordinate to the first: each time the one with the least weight, given those
   * after it. The product of all weights is the determinant, whatever the order. Using up the small
   * weights at the end, where weights are small anyway, keeps the weights even.
   */
  static @Nullable DampedCholesky of(double[] gram, int k, double mu, SolverProgress progress) {
    // M is the Cholesky factor of the matrix in reverse order; reversed, it is U with U Uᵀ = Ĝ + μI
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
    return new DampedCholesky(k, order, m, weight);
  }

  private static void reverse(double[] m) {
    for (int i = 0, j = m.length - 1; i < j; i++, j--) {
      double t = m[i];
      m[i] = m[j];
      m[j] = t;
    }
  }

  /**
   * Returns the constants that a linear term adds inside the squares: {@code d (Ĝ + μI) dᵀ + 2
   * linear·d = Σ weight[i] (d[i] + Σ v[j, i] d[j] + offset[i])² + const}.
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
