package io.halfstep.rounding;

import io.halfstep.quantizer.QuantizedWeight;

/**
 * What a solver found.
 *
 * @param weight the integers
 * @param loss L of the solution, summed over rows (squared real units of the layer's output, mean
 *     over positions)
 * @param nearestLoss L of rounding to nearest
 * @param flips how many weights differ from rounding to nearest
 */
public record RoundingSolution(QuantizedWeight weight, double loss, double nearestLoss, int flips) {
  /** {@code L / L(nearest)}; 1 where both vanish. */
  public double ratio() {
    return nearestLoss > 0 ? loss / nearestLoss : 1;
  }
}
