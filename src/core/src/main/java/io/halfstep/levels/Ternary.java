package io.halfstep.levels;

/**
 * Ternary weights {@code {−α, 0, α}} (TWN, Li et al. 2016), with the α of least error. If the n
 * greatest magnitudes aren't rounded to 0, the best α is their mean, and it lowers the error by
 * {@code (Σ h|w|)² / Σ h}; trying every n finds the optimum, where TWN assumes a distribution.
 */
final class Ternary {
  private Ternary() {}

  /** Returns α; 0 if all values are 0. */
  static double scale(WeightedValues values) {
    WeightedValues byMagnitude = values.sorted(x -> -Math.abs(x));
    double sum = 0;
    double weight = 0;
    double most = 0;
    double scale = 0;
    for (int i = 0; i < byMagnitude.size(); i++) {
      sum += byMagnitude.weights()[i] * Math.abs(byMagnitude.values()[i]);
      weight += byMagnitude.weights()[i];
      if (sum * sum / weight > most) {
        most = sum * sum / weight;
        scale = sum / weight;
      }
    }
    return scale;
  }
}
