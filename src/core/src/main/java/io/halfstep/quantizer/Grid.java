package io.halfstep.quantizer;

/**
 * An integer grid {@code [lowest, highest]} ([W] §2.1, §2.3). It always holds 0.
 *
 * @param bits the bit width, 1 to 16
 * @param lowest the least integer, {@code n} in [A]
 * @param highest the greatest integer, {@code p} in [A]
 */
public record Grid(int bits, int lowest, int highest) {
  /**
   * @throws IllegalArgumentException if the integers do not fit the bits, or 0 is not among them
   */
  public Grid {
    if (bits < 1 || bits > 16) {
      throw new IllegalArgumentException("a grid of " + bits + " bits: expected 1 to 16");
    }
    if (lowest > 0 || highest <= 0 || highest - lowest >= 1 << bits) {
      throw new IllegalArgumentException(
          "grid [" + lowest + ", " + highest + "] of " + bits + " bits");
    }
  }

  /** Signed, full range: {@code [−2^(b−1), 2^(b−1)−1]}. */
  public static Grid signed(int bits) {
    return new Grid(bits, -(1 << (bits - 1)), (1 << (bits - 1)) - 1);
  }

  /** Signed, restricted range: {@code [−(2^(b−1)−1), 2^(b−1)−1]}. */
  public static Grid restricted(int bits) {
    return new Grid(bits, 1 - (1 << (bits - 1)), (1 << (bits - 1)) - 1);
  }

  /** Unsigned: {@code [0, 2^b−1]}. */
  public static Grid unsigned(int bits) {
    return new Grid(bits, 0, (1 << bits) - 1);
  }

  public boolean isSigned() {
    return lowest < 0;
  }

  /** Returns the number of steps between the ends: one less than the number of integers. */
  public int steps() {
    return highest - lowest;
  }

  /**
   * Returns the integer nearest to {@code x}, ties to even: {@code clamp(round(x/s) + z, n, p)}.
   */
  public int quantize(float x, float scale, int zeroPoint) {
    double q = Math.rint(x / scale) + zeroPoint;
    return (int) Math.max(lowest, Math.min(highest, q));
  }

  /** Returns the nearest integer of the grid. */
  public int clamp(int q) {
    return Math.max(lowest, Math.min(highest, q));
  }
}
