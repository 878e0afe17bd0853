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
 * which equals the form with C = E[x x̂ᵀ] = Ĝ − E[δ x̂ᵀ], without the difference of large numbers.
 * Of E[δ x̂ᵀ], only the products with the rows are kept: {@code rows · k} numbers instead of {@code
 * k²}.
 *
 * <p>A row too long for one Gram matrix is cut into n pieces of consecutive inputs, each with its
 * own moments, whose δ-term is the nth part of the whole row's. Then L is bounded by
 *
 * <pre>  L = E (Σᵢ (dᵢ x̂ᵢ + w δ / n))² ≤ n Σᵢ E (dᵢ x̂ᵢ + w δ / n)² = n Σᵢ Lᵢ </pre>
 *
 * (Cauchy–Schwarz), and each piece is solved separately.
 *
 * @param k the length of a row
 * @param positions the number of positions that the means are taken over
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

  /** Returns the moments with x̂ in the place of x: the layers before need no repair. */
  public Moments unrepaired() {
    double[] none = new double[0];
    return new Moments(k, positions, gram, none, none, mean, none);
  }

  /**
   * Returns whether x̂ differs from x, i.e. {@link #cross}, {@link #shift}, {@link #meanShift} are
   * not empty.
   */
  public boolean studentDiffers() {
    return shift.length > 0;
  }

  /**
   * Returns L of one row.
   *
   * @param row the row's number within the group
   * @param d the displacement of each weight: {@code k} reals
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
   * Returns the mean square {@code E (w x)²} of the teacher's output of one row, without its bias;
   * divided by {@code L}, it is the signal-to-noise ratio of the output.
   *
   * @param row the row's number within the group
   * @param weights an array with the row
   * @param offset of the row's first weight
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
