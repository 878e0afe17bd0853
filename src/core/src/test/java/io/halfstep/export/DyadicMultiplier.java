package io.halfstep.export;

/**
 * A positive real as a dyadic number {@code m·2^−n} ([S] §3.1), {@code m} of 31 bits, by which
 * integer hardware takes an int32 sum to the steps of the next activation.
 *
 * @param m from 2^30 to 2^31 − 1
 * @param n from 1 to 62
 */
record DyadicMultiplier(int m, int n) {
  private static final int BITS = 31;

  /** Returns the dyadic number nearest to {@code real}, which is from 2^−32 to 2^29. */
  static DyadicMultiplier of(double real) {
    int n = BITS - 1 - Math.getExponent(real);
    long m = Math.round(Math.scalb(real, n));
    return m < 1L << BITS
        ? new DyadicMultiplier((int) m, n)
        : new DyadicMultiplier((int) (m >> 1), n - 1);
  }

  /** Returns {@code sum·m·2^−n}, rounded to nearest by a shift; halves go up. */
  long times(int sum) {
    return ((long) sum * m + (1L << (n - 1))) >> n;
  }
}
