package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;

/**
 * One scale and zero point. The scale is a normal number, and small enough that every integer of
 * the grid stands for a finite number.
 */
public record Affine(float scale, int zeroPoint) {
  /** Returns the finest one that holds [low, high] and 0; if it is not symmetric, about. */
  static Affine covering(Grid grid, boolean symmetric, double low, double high) {
    return symmetric ? symmetric(grid, low, high) : asymmetric(grid, low, high);
  }

  /** Returns the finest one with zero point 0 that clips neither 0 nor [low, high]. */
  public static Affine symmetric(Grid grid, double low, double high) {
    double below = grid.isSigned() ? low / grid.lowest() : 0;
    return of(grid, Math.max(below, high / grid.highest()), 0);
  }

  /** Returns the finest one whose range is about [low, high], widened to include 0; 0 is exact. */
  public static Affine asymmetric(Grid grid, double lowest, double highest) {
    double low = Math.min(0, lowest);
    double high = Math.max(0, highest);
    double scale = (high - low) / grid.steps();
    double zeroPoint = scale == 0 ? 0 : grid.lowest() + Math.rint(-low / scale);
    return of(grid, scale, grid.clamp((int) zeroPoint));
  }

  /** For a scale that may be 0 (if all values are zero), subnormal or huge. */
  static Affine of(Grid grid, double scale, int zeroPoint) {
    if (scale == 0) {
      return new Affine(1, zeroPoint);
    }
    int furthest = Math.max(zeroPoint - grid.lowest(), grid.highest() - zeroPoint);
    float greatest = Math.nextDown(Float.MAX_VALUE / furthest);
    return new Affine((float) Math.max(Float.MIN_NORMAL, Math.min(scale, greatest)), zeroPoint);
  }
}
