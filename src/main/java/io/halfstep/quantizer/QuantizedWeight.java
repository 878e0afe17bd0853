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
  /** The reals that the integers stand for, {@code [out, K]}. */
  public float[] dequantize() {
    float[] w = new float[integers.length];
    for (int i = 0; i < w.length; i++) {
      w[i] = encoding.dequantize(integers[i], i / k);
    }
    return w;
  }
}
