package io.halfstep.statistics;

/**
 * The sufficient statistics of a layer's rounding problem, of one group of the layer (spec: [A] the
 * paragraph after eq. 20, with the asymmetric form of eq. 25), as means over positions.
 *
 * <p>With δ = x̂ − x (student minus teacher), the reconstruction error of a row {@code w} rounded
 * to {@code w + d} is
 *
 * <pre>  L = E (w x − (w + d) x̂)² = E (d x̂ + w δ)² = d Ĝ dᵀ + 2 w E[δ x̂ᵀ] dᵀ + E (w δ)² </pre>
 *
 * which is the same as with C = E[x x̂ᵀ] = Ĝ − E[δ x̂ᵀ], without the difference of large numbers.
 *
 * @param k the length of a row
 * @param positions the number of positions behind the means
 * @param gram Ĝ = E[x̂ x̂ᵀ], {@code [k, k]}, row-major, symmetric
 * @param cross E[δ x̂ᵀ], {@code [k, k]}, row-major; empty where x̂ = x
 * @param shift E (w δ)² of each row of the group; empty where x̂ = x
 */
public record Moments(int k, long positions, double[] gram, double[] cross, double[] shift) {}
