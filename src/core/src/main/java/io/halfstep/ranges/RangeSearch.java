package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;
import java.util.function.ToDoubleFunction;

/**
 * Searches for the scale and zero point with the least error: first over candidates that shrink the
 * range of the data ([W] §3.1), then in ever smaller steps from the best one. The candidates
 * include the range that clips nothing, so the result is never worse than that.
 */
final class RangeSearch {
  private static final int CANDIDATES = 50;
  private static final double SHRINKAGE = 0.75;
  private static final double LEAST_SHARE = 0.07;
  private static final double LEAST_FACTOR = 0.4;
  private static final double GREATEST_FACTOR = 1.4;
  private static final double LARGEST_STEP = 0.16;
  private static final double SMALLEST_STEP = 0.001;

  private final Grid grid;
  private final ToDoubleFunction<Affine> error;
  private final int density;
  private Affine best;
  private double least;

  private RangeSearch(Grid grid, ToDoubleFunction<Affine> error, int density, Affine start) {
    this.grid = grid;
    this.error = error;
    this.density = density;
    this.best = start;
    this.least = error.applyAsDouble(start);
  }

  /**
   * Returns the one with the least error.
   *
   * @param symmetric whether the zero point must be 0
   * @param least the least value
   * @param greatest the greatest value
   * @param density 1 for an error that is smooth in the range, more for one with many local minima
   */
  static Affine least(
      Grid grid,
      boolean symmetric,
      double least,
      double greatest,
      ToDoubleFunction<Affine> error,
      int density) {
    double low = Math.min(0, least);
    double high = Math.max(0, greatest);
    if (low == high) {
      return Affine.of(grid, 0, 0);
    }
    RangeSearch search =
        new RangeSearch(grid, error, density, Affine.covering(grid, symmetric, low, high));
    return symmetric ? search.symmetric(low, high) : search.asymmetric(low, high);
  }

  /**
   * Searches among multiples of the better one of two.
   *
   * @param symmetric whether the zero point must be 0
   * @param candidates the number of multiples
   */
  static Affine near(
      Grid grid,
      boolean symmetric,
      Affine one,
      Affine other,
      ToDoubleFunction<Affine> error,
      int candidates) {
    RangeSearch search = new RangeSearch(grid, error, 1, one);
    search.consider(other);
    Affine from = search.best;
    for (int i = 0; i < candidates; i++) {
      double factor = LEAST_FACTOR + (GREATEST_FACTOR - LEAST_FACTOR) * i / (candidates - 1);
      search.consider(Affine.of(grid, from.scale() * factor, from.zeroPoint()));
    }
    return search.refine(symmetric ? 0 : 1);
  }

  private Affine symmetric(double low, double high) {
    double widest = Math.max(-low, high) / grid.highest();
    int candidates = CANDIDATES * density;
    for (int i = 1; i <= candidates; i++) {
      consider(Affine.of(grid, widest * ((double) i / candidates), 0));
    }
    return refine(0);
  }

  /** Both ends shrink together, and each separately. */
  private Affine asymmetric(double low, double high) {
    int candidates = CANDIDATES * density;
    for (int i = 1; i <= candidates; i++) {
      double share = (double) i / candidates;
      consider(Affine.asymmetric(grid, low * share, high * share));
    }
    if (low == 0 || high == 0) {
      return refine(0);
    }
    double ratio = Math.pow(SHRINKAGE, 1.0 / density);
    for (double a = 1; a > LEAST_SHARE; a *= ratio) {
      for (double c = 1; c > LEAST_SHARE; c *= ratio) {
        consider(Affine.asymmetric(grid, low * a, high * c));
      }
    }
    return refine(1);
  }

  private Affine refine(int zeroPointStep) {
    for (double step = LARGEST_STEP; step > SMALLEST_STEP; step /= 2) {
      boolean better = true;
      while (better) {
        better = false;
        Affine from = best;
        for (int z = from.zeroPoint() - zeroPointStep; z <= from.zeroPoint() + zeroPointStep; z++) {
          if (grid.clamp(z) == z) {
            better |= consider(Affine.of(grid, from.scale() * (1 + step), z));
            better |= consider(Affine.of(grid, from.scale(), z));
            better |= consider(Affine.of(grid, from.scale() * (1 - step), z));
          }
        }
      }
    }
    return best;
  }

  private boolean consider(Affine candidate) {
    double e = error.applyAsDouble(candidate);
    if (e < least) {
      least = e;
      best = candidate;
      return true;
    }
    return false;
  }
}
