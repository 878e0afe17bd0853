package io.halfstep.export;

/**
 * Packs indices of levels into bytes: as many base-{@code size} digits as a byte holds, the first
 * the least. A table of each byte's digits unpacks them, so that a runtime needs Gather alone: 8
 * binary, 5 ternary, 4 two-bit or 2 four-bit indices per byte.
 *
 * @param size the number of levels, 2 to 256
 * @param digits the number of indices in a byte
 */
record LevelPacking(int size, int digits) {
  private static final int BYTE = 256;

  static LevelPacking of(int size) {
    int digits = 1;
    for (int values = size * size; values <= BYTE; values *= size) {
      digits++;
    }
    return new LevelPacking(size, digits);
  }

  /** Returns the bytes of so many indices. */
  long bytes(long indices) {
    return (indices + digits - 1) / digits;
  }

  byte[] pack(int[] indices) {
    byte[] packed = new byte[Math.toIntExact(bytes(indices.length))];
    for (int i = 0; i < packed.length; i++) {
      int value = 0;
      for (int j = Math.min(indices.length, (i + 1) * digits) - 1; j >= i * digits; j--) {
        value = value * size + indices[j];
      }
      packed[i] = (byte) value;
    }
    return packed;
  }

  /** Returns the digits of all values that occur, {@code [size^digits, digits]}. */
  byte[] table() {
    int values = (int) Math.pow(size, digits);
    byte[] table = new byte[values * digits];
    for (int value = 0; value < values; value++) {
      for (int j = 0, rest = value; j < digits; j++, rest /= size) {
        table[value * digits + j] = (byte) (rest % size);
      }
    }
    return table;
  }
}
