package io.halfstep.tensor;

/** IEEE 754 binary16 and bfloat16 numbers, as 16 bits in a {@code short}. */
public final class Half {
  private Half() {}

  /** Returns the value of a binary16 number; exact. */
  public static float toFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >> 10) & 0x1f;
    int fraction = half & 0x3ff;
    if (exponent == 0x1f) {
      return Float.intBitsToFloat(sign | 0x7f800000 | fraction << 13);
    }
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | (exponent + 112) << 23 | fraction << 13);
  }

  /**
   * Returns the nearest binary16 number, ties to even; magnitudes from 65520 on become infinite.
   */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude >= 0x7f800000) {
      int nan = magnitude > 0x7f800000 ? 0x200 | (magnitude >> 13 & 0x3ff) : 0;
      return (short) (sign | 0x7c00 | nan);
    }
    if (magnitude >= 0x47800000) { // 65536
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x38800000) { // 2^-14: the result is subnormal, a multiple of 2^-24
      return (short) (sign | (int) Math.rint(Math.abs(value) * 0x1p24));
    }
    int rebased = magnitude - (112 << 23);
    int rounded = rebased + 0xfff + (rebased >> 13 & 1);
    return (short) (sign | rounded >> 13);
  }

  /** Returns the value of a bfloat16 number; exact. */
  public static float ofBfloat16(short value) {
    return Float.intBitsToFloat(value << 16);
  }

  /** Returns the nearest bfloat16 number, ties to even; the value must be finite. */
  public static short toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int rounded = bits + 0x7fff + (bits >> 16 & 1);
    return (short) (rounded >> 16);
  }
}
