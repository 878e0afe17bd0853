package io.halfstep.quantizer;

/**
 * A weight on the integer grid.
 *
 * @param integers the weight as a matrix {@code [out, K]}, row-major, on {@code encoding}'s grid
 * @param out the number of rows (output channels)
 * @param k the length of a row
 * @param encoding one scale, or one per row, or per row and block
 */
public record QuantizedWeight(int[] integers, int out, int k, Encoding encoding) {
  /**
   * @throws IllegalArgumentException if the sizes are inconsistent, or an integer is off the grid
   */
  public QuantizedWeight {
    if (integers.length != (long) out * k) {
      throw new IllegalArgumentException(integers.length + " integers for " + out + " x " + k);
    }
    if (!encoding.fits(out, k)) {
      throw new IllegalArgumentException(encoding + " for " + out + " x " + k);
    }
    for (int q : integers) {
      if (encoding.grid().clamp(q) != q) {
        throw new IllegalArgumentException(q + " is not on " + encoding.grid());
      }
    }
  }

  /**
   * Returns the weight rounded to nearest with the same encoding.
   *
   * @param rows the real weight, {@code [out, K]}
   */
  public QuantizedWeight nearest(float[] rows) {
    return nearest(rows, out, k, encoding);
  }

  /** Rounds a matrix {@code [out, K]}, row-major, to nearest. */
  public static QuantizedWeight nearest(float[] rows, int out, int k, Encoding encoding) {
    int[] integers = new int[rows.length];
    float[] scales = new float[k];
    int[] zeroPoints = new int[k];
    for (int row = 0; row < out; row++) {
      encoding.spread(row, scales, zeroPoints);
      for (int j = 0; j < k; j++) {
        integers[row * k + j] =
            encoding.grid().quantize(rows[row * k + j], scales[j], zeroPoints[j]);
      }
    }
    return new QuantizedWeight(integers, out, k, encoding);
  }

  /** Returns the real values of the integers, {@code [out, K]}. */
  public float[] dequantize() {
    float[] w = new float[integers.length];
    float[] scales = new float[k];
    int[] zeroPoints = new int[k];
    for (int row = 0; row < out; row++) {
      encoding.spread(row, scales, zeroPoints);
      for (int j = 0; j < k; j++) {
        w[row * k + j] = scales[j] * (integers[row * k + j] - zeroPoints[j]);
      }
    }
    return w;
  }
}
