package io.halfstep.quantizer;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** The {@code 2^M} levels {@code ±α₁ ± … ± α_M} of multi-base binary weights (ABC-Net), M ≤ 3. */
public final class SignedSums {
  private SignedSums() {}

  /** Returns the sums in ascending order; a negative α counts as its magnitude. */
  public static double[] of(double[] alphas) {
    double[] magnitudes = Arrays.stream(alphas).map(Math::abs).toArray();
    return Arrays.stream(signs(magnitudes)).mapToDouble(s -> sum(s, magnitudes)).toArray();
  }

  /**
   * Returns α, descending, of ascending sums. The greatest sum has no negative sign, the next lacks
   * the least α twice, and the next of three the middle one.
   */
  public static double[] alphas(float[] sums) {
    int bases = Integer.numberOfTrailingZeros(sums.length);
    double[] alphas = new double[bases];
    alphas[0] = sums[sums.length - 1];
    for (int m = 1; m < bases; m++) {
      alphas[bases - m] = 0.5 * (sums[sums.length - 1] - (double) sums[sums.length - 1 - m]);
      alphas[0] -= alphas[bases - m];
    }
    return alphas;
  }

  /** Returns the signs of α, none of which is negative, in each of the sums: {@code [2^M, M]}. */
  public static double[][] signs(double[] alphas) {
    return IntStream.range(0, 1 << alphas.length)
        .mapToObj(
            bits ->
                IntStream.range(0, alphas.length)
                    .mapToDouble(m -> (bits >> m & 1) == 0 ? -1 : 1)
                    .toArray())
        .sorted(Comparator.comparingDouble(signs -> sum(signs, alphas)))
        .toArray(double[][]::new);
  }

  private static double sum(double[] signs, double[] alphas) {
    return IntStream.range(0, alphas.length).mapToDouble(m -> signs[m] * alphas[m]).sum();
  }
}
