package io.halfstep.export;

/**
 * Integers that take just their bits: a plane of bytes for each bit, the highest bit first. Byte
 * {@code i} of a plane of {@code n} bytes holds the bits of the integers {@code i}, {@code i + n},
 * {@code i + 2n}, …, the first in its lowest bit. So to shift all bytes by one number gives the
 * bits of successive integers.
 */
final class BitPlanes {
  private BitPlanes() {}

  /** Returns the bytes of so many integers, a multiple of 8. */
  static long bytes(int bits, long count) {
    return count / Byte.SIZE * bits;
  }

  /** Packs the lowest bits of integers, whose number is a multiple of 8. */
  static byte[] pack(int[] integers, int bits) {
    int plane = integers.length / Byte.SIZE;
    byte[] packed = new byte[plane * bits];
    for (int i = 0; i < integers.length; i++) {
      for (int j = 0; j < bits; j++) {
        int bit = (integers[i] >> (bits - 1 - j)) & 1;
        packed[j * plane + i % plane] |= (byte) (bit << (i / plane));
      }
    }
    return packed;
  }
}
