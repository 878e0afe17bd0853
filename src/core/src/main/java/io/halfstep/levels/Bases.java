package io.halfstep.levels;

import io.halfstep.quantizer.SignedSums;
import io.halfstep.tensor.Blas;

/**
 * Binary weights of several bases, {@code Σ α_m b_m} with {@code b_m = ±1} (ABC-Net, Lin et al.
 * 2017). It begins greedily: α of the next base is the mean magnitude of what is left (BWN's closed
 * form, Rastegari et al. 2016). Then it alternates between the nearest sums and α by least squares;
 * neither raises the error.
 */
final class Bases {
  private static final int ALTERNATIONS = 50;
  private static final double STILL = 1e-7;

  private Bases() {}

  /** Returns α, none negative. */
  static double[] alphas(WeightedValues values, int bases) {
    double[] alphas = greedy(values, bases);
    boolean moves = bases > 1;
    for (int i = 0; moves && i < ALTERNATIONS; i++) {
      double[] next = refined(values, alphas);
      moves = false;
      for (int m = 0; m < bases; m++) {
        moves |= Math.abs(next[m] - alphas[m]) > STILL * alphas[m];
      }
      alphas = next;
    }
    return alphas;
  }

  private static double[] greedy(WeightedValues values, int bases) {
    double[] alphas = new double[bases];
    double[] rest = values.values().clone();
    for (int m = 0; m < bases; m++) {
      double alpha = new WeightedValues(rest, values.weights()).mean(Math::abs);
      for (int i = 0; i < rest.length; i++) {
        rest[i] -= rest[i] < 0 ? -alpha : alpha;
      }
      alphas[m] = alpha;
    }
    return alphas;
  }

  private static double[] refined(WeightedValues values, double[] alphas) {
    int bases = alphas.length;
    double[] sums = SignedSums.of(alphas);
    double[][] signs = SignedSums.signs(alphas);
    double[] a = new double[bases * bases];
    double[] b = new double[bases];
    for (int i = 0; i < values.size(); i++) {
      double x = values.values()[i];
      double h = values.weights()[i];
      double[] s = signs[Nearest.of(sums, x)];
      for (int m = 0; m < bases; m++) {
        b[m] += h * s[m] * x;
        for (int n = 0; n < bases; n++) {
          a[m * bases + n] += h * s[m] * s[n];
        }
      }
    }
    if (!Blas.solveSymmetric(a, bases, b, 1)) {
      return alphas; // all values have the same signs
    }
    for (int m = 0; m < bases; m++) {
      b[m] = Math.abs(b[m]);
    }
    return b;
  }
}
