package io.halfstep.statistics;

import io.halfstep.tensor.Blas;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Shrinks moments in proportion to their sampling error, which two halves of the samples reveal.
 * Otherwise a solver fits noise: of few samples, the Gram matrix is nearly singular, and the repair
 * of the previous layers' errors ([A] eq. 25) extrapolates badly.
 *
 * <p><b>The Gram matrix.</b> {@code Ĝ_λ = (1−λ) Ĝ + λ diag(Ĝ)}, with Ledoit and Wolf's intensity λ
 * (2004, <em>A well-conditioned estimator for large-dimensional covariance matrices</em>, J.
 * Multivariate Analysis 88) on the scale of correlations, {@code r_ij = ĝ_ij/√(ĝ_ii ĝ_jj)}: the
 * variance of the elements off the diagonal over their square. With shares {@code a} and {@code b}
 * of the positions, the variance of the mean of two independent halves is {@code ab (r_A − r_B)²}.
 *
 * <p><b>The repair.</b> With D the moments {@code cross}, a row's real-valued optimum is {@code Δ =
 * −D Ĝ⁻¹}. Scaled by α, the optimum of one half has the error {@code α² ΔĜΔᵀ + 2α DΔᵀ} on the
 * other, which is least at {@code α = −DΔᵀ/ΔĜΔᵀ}: cross-validation in closed form. Each row's α
 * takes both sums over both ways round, and is kept within 0 and 1. It scales {@code cross}, and
 * {@code shift} by its square: the row's target is {@code w (αx + (1−α)x̂)}.
 */
public final class MomentsShrinkage {
  /** Makes a matrix positive definite that has vanishing rows; no other effect. */
  private static final double RIDGE = 1e-9;

  private MomentsShrinkage() {}

  /**
   * Combines the moments of two halves of the samples. If one of them is empty, nothing is shrunk.
   *
   * @param a one per group, or per group and piece; overwritten
   * @param b the same of the other half
   */
  public static List<Moments> of(List<Moments> a, List<Moments> b) {
    if (a.get(0).positions() == 0 || b.get(0).positions() == 0) {
      return a.get(0).positions() == 0 ? b : a;
    }
    double lambda = gramShrinkage(a, b);
    return IntStream.range(0, a.size())
        .mapToObj(i -> combine(a.get(i), b.get(i), lambda, repair(a.get(i), b.get(i), lambda)))
        .toList();
  }

  private static double share(Moments a, Moments b) {
    return (double) a.positions() / (a.positions() + b.positions());
  }

  private static double gramShrinkage(List<Moments> a, List<Moments> b) {
    double variance = 0;
    double squares = 0;
    for (int m = 0; m < a.size(); m++) {
      double[] sums = sums(a.get(m), b.get(m));
      variance += sums[0];
      squares += sums[1];
    }
    return squares > 0 ? Math.min(1, variance / squares) : 0;
  }

  /** The variances and the squares of the correlations, each summed over the rows in order. */
  private static double[] sums(Moments a, Moments b) {
    int k = a.k();
    double share = share(a, b);
    double[] scale = new double[k];
    for (int i = 0; i < k; i++) {
      double square = share * a.gram()[i * k + i] + (1 - share) * b.gram()[i * k + i];
      scale[i] = square > 0 ? 1 / Math.sqrt(square) : 0;
    }
    double[][] rows =
        IntStream.range(0, k)
            .parallel()
            .mapToObj(
                i -> {
                  double[] sums = new double[2];
                  for (int j = 0; j < i; j++) {
                    double x = a.gram()[i * k + j];
                    double y = b.gram()[i * k + j];
                    double by = scale[i] * scale[j];
                    double difference = (x - y) * by;
                    double mean = (share * x + (1 - share) * y) * by;
                    sums[0] += share * (1 - share) * difference * difference;
                    sums[1] += mean * mean;
                  }
                  return sums;
                })
            .toArray(double[][]::new);
    double[] all = new double[2];
    for (double[] row : rows) {
      all[0] += row[0];
      all[1] += row[1];
    }
    return all;
  }

  /** α of each row; none where the student doesn't differ. */
  private static double[] repair(Moments a, Moments b, double lambda) {
    int rows = a.shift().length;
    double share = share(a, b);
    double[] repair = new double[rows];
    if (rows == 0) {
      return repair;
    }
    // a half's variance is that of all, times the number of positions of all over its own
    List<double[][]> bothWays =
        IntStream.range(0, 2)
            .parallel()
            .mapToObj(
                way ->
                    way == 0
                        ? heldOut(a, b, Math.min(1, lambda / share))
                        : heldOut(b, a, Math.min(1, lambda / (1 - share))))
            .toList();
    for (int r = 0; r < rows; r++) {
      double gain = bothWays.get(0)[0][r] + bothWays.get(1)[0][r];
      double cost = bothWays.get(0)[1][r] + bothWays.get(1)[1][r];
      repair[r] = cost > 0 ? Math.max(0, Math.min(1, gain / cost)) : 0;
    }
    return repair;
  }

  /** {@code −DΔᵀ} and {@code ΔĜΔᵀ} of each row, with Δ of one half and D, Ĝ of the other. */
  private static double[][] heldOut(Moments fitted, Moments other, double lambda) {
    int k = fitted.k();
    int rows = fitted.shift().length;
    double[][] sums = new double[2][rows];
    double[] gram = fitted.gram().clone();
    double trace = 0;
    for (int i = 0; i < k; i++) {
      trace += gram[i * k + i];
    }
    shrink(gram, k, lambda);
    for (int i = 0; i < k; i++) {
      gram[i * k + i] += RIDGE * trace / k;
    }
    double[] minusDelta = fitted.cross().clone();
    if (!Blas.solveSymmetric(gram, k, minusDelta, rows)) {
      return sums;
    }
    double[] product = Blas.timesSymmetric(minusDelta, rows, other.gram(), k);
    for (int r = 0; r < rows; r++) {
      for (int i = r * k; i < (r + 1) * k; i++) {
        sums[0][r] += minusDelta[i] * other.cross()[i];
        sums[1][r] += minusDelta[i] * product[i];
      }
    }
    return sums;
  }

  private static void shrink(double[] gram, int k, double lambda) {
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < k; j++) {
        if (i != j) {
          gram[i * k + j] *= 1 - lambda;
        }
      }
    }
  }

  /** Takes over the first half's Gram matrix. */
  private static Moments combine(Moments a, Moments b, double lambda, double[] repair) {
    int k = a.k();
    double share = share(a, b);
    double[] gram = mean(a.gram(), b.gram(), share);
    shrink(gram, k, lambda);
    double[] cross = mean(a.cross(), b.cross(), share);
    for (int i = 0; i < cross.length; i++) {
      cross[i] *= repair[i / k];
    }
    double[] shift = mean(a.shift(), b.shift(), share);
    for (int r = 0; r < shift.length; r++) {
      shift[r] *= repair[r] * repair[r];
    }
    return new Moments(
        k,
        a.positions() + b.positions(),
        gram,
        cross,
        shift,
        mean(a.mean(), b.mean(), share),
        mean(a.meanShift(), b.meanShift(), share));
  }

  /** The weighted mean, in place of {@code a}. */
  private static double[] mean(double[] a, double[] b, double share) {
    Arrays.setAll(a, i -> share * a[i] + (1 - share) * b[i]);
    return a;
  }
}
