package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;
import java.util.function.ToDoubleFunction;

/**
 * Searches for the scale and zero point with the least error: first over candidates that shrink the
 * range of the data ([W] §3.1), then in ever smaller steps from the best one. The candidates
 * include the range that clips nothing, so the result is never worse than that.
 */
final class RangeSearch {
  private static final double CANDIDATES = 50;
  private static final double LARGEST_STEP = 0.16;
  private static final double SMALLEST_STEP = 0.001;

  private final Grid grid;
  private final ToDoubleFunction<Affine> error;
  private Affine best;
  private double least;

  private RangeSearch(Grid grid, ToDoubleFunction<Affine> error, Affine start) {
    this.grid = grid;
    this.error = error;
    this.best = start;
    this.least = error.applyAsDouble(start);
  }

  /** Zero point 0; the data are in [low, high], which includes 0. */
  static Affine symmetric(Grid grid, double low, double high, ToDoubleFunction<Affine> error) {
    RangeSearch search = new RangeSearch(grid, error, Affine.symmetric(grid, low, high));
    double widest = Math.max(-low, high) / grid.highest();
    for (int i = 1; i <= CANDIDATES; i++) {
      search.consider(Affine.of(grid, widest * (i / CANDIDATES), 0));
    }
    return search.refine(0);
  }

  /**
   * Any zero point; the data are in [low, high], which includes 0. Both ends shrink together, and
   * each separately.
   */
  static Affine asymmetric(Grid grid, double low, double high, ToDoubleFunction<Affine> error) {
    RangeSearch search = new RangeSearch(grid, error, Affine.asymmetric(grid, low, high));
    for (int i = 1; i <= CANDIDATES; i++) {
      double share = i / CANDIDATES;
      search.consider(Affine.asymmetric(grid, low * share, high * share));
    }
    if (low < 0 && high > 0) {
      for (double a = 1; a > 0.07; a *= 0.75) {
        for (double c = 1; c > 0.07; c *= 0.75) {
          search.consider(Affine.asymmetric(grid, low * a, high * c));
        }
      }
      return search.refine(1);
    }
    return search.refine(0);
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
