package io.halfstep.levels;

import java.util.Arrays;

/**
 * Levels {@code {0, ±1, ±1/2, ±1/4, …}} (INQ, Zhou et al. 2017), so that a product with a weight is
 * a shift of bits; with a real scale, which INQ keeps a power of two as well.
 */
final class PowerOfTwo {
  // of the greatest magnitude: 16 scales for each power of two
  private static final double RATIO = Math.pow(2, -1.0 / 16);
  private static final int LARGER = 8;
  private static final int SMALLER = 32;
  private static final int REFINEMENTS = 10;

  private PowerOfTwo() {}

  /** Returns the levels, ascending: as many below 0 as above. */
  static double[] levels(int size) {
    double[] levels = new double[size];
    int zero = size / 2;
    for (int i = 1; i <= zero; i++) {
      levels[zero + i] = Math.pow(2, i - zero);
      levels[zero - i] = -levels[zero + i];
    }
    return levels;
  }

  /** Returns a scale of little error; 0 if all values are 0. */
  static double scale(WeightedValues values, double[] levels) {
    double greatest = Arrays.stream(values.values()).map(Math::abs).max().orElse(0);
    double best = greatest;
    double least = error(values, levels, greatest);
    for (int i = -LARGER; i <= SMALLER; i++) {
      double scale = greatest * Math.pow(RATIO, i);
      for (int r = 0; greatest > 0 && r < REFINEMENTS; r++) {
        double error = error(values, levels, scale);
        if (error < least) {
          least = error;
          best = scale;
        }
        scale = refined(values, levels, scale);
      }
    }
    return best;
  }

  private static double error(WeightedValues values, double[] levels, double scale) {
    return values.mean(x -> square(x - scale * nearest(levels, x / scale)));
  }

  /** Returns the best scale for the nearest levels on another. */
  private static double refined(WeightedValues values, double[] levels, double scale) {
    double product = values.mean(x -> x * nearest(levels, x / scale));
    double square = values.mean(x -> square(nearest(levels, x / scale)));
    return square > 0 ? product / square : scale;
  }

  private static double square(double x) {
    return x * x;
  }

  private static double nearest(double[] levels, double x) {
    return levels[Nearest.of(levels, x)];
  }
}
