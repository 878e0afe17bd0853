package io.halfstep.quantizer;

/**
 * A weight on the integer grid.
 *
 * @param integers the weight as a matrix {@code [out, K]}, row-major, on {@code encoding}'s grid
 * @param out the number of rows (output channels)
 * @param k the length of a row
 * @param encoding one scale, or one per row
 */
public record QuantizedWeight(int[] integers, int out, int k, Encoding encoding) {
  /**
   * @throws IllegalArgumentException if the sizes do not fit each other, or an integer is off the
   *     grid
   */
  public QuantizedWeight {
    if (integers.length != (long) out * k) {
      throw new IllegalArgumentException(integers.length + " integers for " + out + " x " + k);
    }
    if (encoding.channels() != 1 && encoding.channels() != out) {
      throw new IllegalArgumentException(encoding.channels() + " scales for " + out + " rows");
    }
    for (int q : integers) {
      if (encoding.grid().clamp(q) != q) {
        throw new IllegalArgumentException(q + " is not on " + encoding.grid());
      }
    }
  }

  /** The integers nearest to a matrix {@code [out, K]}, row-major: rounding to nearest. */
  public static QuantizedWeight nearest(float[] rows, int out, int k, Encoding encoding) {
    int[] integers = new int[rows.length];
    for (int row = 0; row < out; row++) {
      for (int i = row * k; i < (row + 1) * k; i++) {
        integers[i] = encoding.quantize(rows[i], row);
      }
    }
    return new QuantizedWeight(integers, out, k, encoding);
  }

  /** The reals that the integers stand for, {@code [out, K]}. */
  public float[] dequantize() {
    float[] w = new float[integers.length];
    for (int row = 0; row < out; row++) {
      for (int i = row * k; i < (row + 1) * k; i++) {
        w[i] = encoding.dequantize(integers[i], row);
      }
    }
    return w;
  }
}
