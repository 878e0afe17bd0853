package io.halfstep.statistics;

/**
 * The sufficient statistics of a layer's rounding problem, of one group of the layer ([A], the
 * paragraph after eq. 20, with the asymmetric form of eq. 25), as means over positions.
 *
 * <p>With δ = x̂ − x (student minus teacher), the reconstruction error of a row {@code w} rounded
 * to {@code w + d} is
 *
 * <pre>  L = E (w x − (w + d) x̂)² = E (d x̂ + w δ)² = d Ĝ dᵀ + 2 E[(w δ) x̂ᵀ] dᵀ + E (w δ)² </pre>
 *
 * which is the same as with C = E[x x̂ᵀ] = Ĝ − E[δ x̂ᵀ], without the difference of large numbers.
 * Of E[δ x̂ᵀ] only the products with the rows are kept: {@code rows · k} numbers for {@code k²}.
 *
 * <p>A row too long for one Gram matrix is cut into n pieces of consecutive inputs, each with
 * moments of its own, whose δ-term is the nth part of the whole row's. What is then known of L is
 *
 * <pre>  L = E (Σᵢ (dᵢ x̂ᵢ + w δ / n))² ≤ n Σᵢ E (dᵢ x̂ᵢ + w δ / n)² = n Σᵢ Lᵢ </pre>
 *
 * (Cauchy–Schwarz), and each piece may be solved by itself.
 *
 * @param k the length of a row
 * @param positions the number of positions behind the means
 * @param gram Ĝ = E[x̂ x̂ᵀ], {@code [k, k]}, row-major, symmetric
 * @param cross E[(w δ) x̂ᵀ] of each row {@code w} of the group, {@code [rows, k]}, row-major; empty
 *     where x̂ = x
 * @param shift E (w δ)² of each row of the group; empty where x̂ = x
 * @param mean E[x̂], {@code [k]}
 * @param meanShift E[δ], {@code [k]}; empty where x̂ = x
 */
public record Moments(
    int k,
    long positions,
    double[] gram,
    double[] cross,
    double[] shift,
    double[] mean,
    double[] meanShift) {

  /** Moments without the first ones. */
  public Moments(int k, long positions, double[] gram, double[] cross, double[] shift) {
    this(k, positions, gram, cross, shift, new double[k], new double[shift.length > 0 ? k : 0]);
  }

  /**
   * Whether x̂ differs from x, i.e. {@link #cross}, {@link #shift}, {@link #meanShift} are there.
   */
  public boolean studentDiffers() {
    return shift.length > 0;
  }

  /**
   * L of one row.
   *
   * @param row the row's number within the group
   * @param d how far each of its weights moved: {@code k} reals
   */
  public double loss(int row, double[] d) {
    double loss = studentDiffers() ? shift[row] : 0;
    for (int i = 0; i < k; i++) {
      if (d[i] != 0) {
        double inner = studentDiffers() ? 2 * cross[row * k + i] : 0;
        for (int j = 0; j < k; j++) {
          inner += gram[i * k + j] * d[j];
        }
        loss += inner * d[i];
      }
    }
    return Math.max(0, loss);
  }

  /**
   * The mean square {@code E (w x)²} of the teacher's output without its bias, of one row: {@code
   * L} set against it is the output's signal to noise ratio.
   *
   * @param row the row's number within the group
   * @param weights where the row lies
   * @param offset where it begins
   */
  public double signal(int row, float[] weights, int offset) {
    double[] minus = new double[k];
    for (int i = 0; i < k; i++) {
      minus[i] = -weights[offset + i];
    }
    // w + d = 0 leaves E (w x)²
    return loss(row, minus);
  }
}
