package io.halfstep.ranges;

/**
 * {@code t^p} for {@code t ≥ 0}: interpolated from a table up to {@value #LIMIT}, within 1e-4 of
 * the true value there; {@link Math#pow}, some twenty times slower, beyond.
 */
final class Power {
  private static final int LIMIT = 4;
  private static final int PER_UNIT = 512;

  private final double p;
  private final double[] table = new double[LIMIT * PER_UNIT + 2];

  /**
   * @param p from 1 to 4
   */
  Power(double p) {
    this.p = p;
    for (int i = 0; i < table.length; i++) {
      table[i] = Math.pow((double) i / PER_UNIT, p);
    }
  }

  double exponent() {
    return p;
  }

  double of(float t) {
    if (t < LIMIT) {
      float position = t * PER_UNIT;
      int i = (int) position;
      return table[i] + (table[i + 1] - table[i]) * (position - i);
    }
    return Math.pow(t, p);
  }
}
