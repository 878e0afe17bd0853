package io.halfstep.levels;

import java.util.Arrays;

/** The nearest of some levels. */
final class Nearest {
  private Nearest() {}

  /** Returns the index of the nearest of ascending levels; of two, the first. */
  static int of(double[] levels, double x) {
    int place = Arrays.binarySearch(levels, x);
    if (place >= 0) {
      return place;
    }
    int above = -place - 1;
    if (above == 0 || above == levels.length) {
      return above == 0 ? 0 : above - 1;
    }
    return x - levels[above - 1] <= levels[above] - x ? above - 1 : above;
  }
}
