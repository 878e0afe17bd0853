package io.halfstep.rounding;

import io.halfstep.quantizer.QuantizedWeight;

/**
 * What a solver found.
 *
 * @param weight the integers, on the problem's encoding or on the encoding that the solver chose
 * @param loss L of the solution, summed over rows (squared real units of the layer's output, mean
 *     over positions)
 * @param nearestLoss L of rounding to nearest on the problem's encoding
 * @param flips how many integers differ from the nearest ones on the solution's encoding
 * @param proven how many rows are proved optimal on the solution's encoding
 */
public record RoundingSolution(
    QuantizedWeight weight, double loss, double nearestLoss, int flips, int proven) {
  /** Returns {@code L / L(nearest)}; 1 if L(nearest) is 0. */
  public double ratio() {
    return nearestLoss > 0 ? loss / nearestLoss : 1;
  }
}
