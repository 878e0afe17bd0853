package io.halfstep.quantizer;

/**
 * A weight on the integer grid, as a matrix {@code [out, K]}. It takes one byte per integer, since
 * the weights of all layers are kept until the model is written. Weights that share an index of a
 * codebook all have it.
 */
public final class QuantizedWeight {
  private static final int MOST_STEPS = 255;

  /** The integers' distances from the grid's lowest one, unsigned. */
  private final byte[] steps;

  private final int out;
  private final int k;
  private final Encoding encoding;

  /**
   * Creates a weight.
   *
   * @param integers row-major, on {@code encoding}'s grid
   * @param out the number of rows (output channels)
   * @param k the length of a row
   * @param encoding one scale, or one per row, or per row and block; of at most 8 bits
   * @throws IllegalArgumentException if the sizes are inconsistent, or an integer is off the grid
   */
  public QuantizedWeight(int[] integers, int out, int k, Encoding encoding) {
    if (integers.length != (long) out * k) {
      throw new IllegalArgumentException(integers.length + " integers for " + out + " x " + k);
    }
    if (!encoding.fits(out, k)) {
      throw new IllegalArgumentException(encoding + " for " + out + " x " + k);
    }
    if (encoding.grid().steps() > MOST_STEPS) {
      throw new IllegalArgumentException(encoding.grid() + " has more than 8 bits");
    }
    this.steps = new byte[integers.length];
    this.out = out;
    this.k = k;
    this.encoding = encoding;
    for (int i = 0; i < steps.length; i++) {
      if (encoding.grid().clamp(integers[i]) != integers[i]) {
        throw new IllegalArgumentException(integers[i] + " is not on " + encoding.grid());
      }
      steps[i] = (byte) (integers[i] - encoding.grid().lowest());
    }
  }

  private QuantizedWeight(byte[] steps, int out, int k, Encoding encoding) {
    this.steps = steps;
    this.out = out;
    this.k = k;
    this.encoding = encoding;
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
      if (encoding.codebook() != null) {
        encoding.codebook().nearest(row, rows, row * k, scales, integers, row * k);
        continue;
      }
      for (int j = 0; j < k; j++) {
        integers[row * k + j] =
            encoding.grid().quantize(rows[row * k + j], scales[j], zeroPoints[j]);
      }
    }
    return new QuantizedWeight(integers, out, k, encoding);
  }

  /** Returns the number of rows (output channels). */
  public int out() {
    return out;
  }

  /** Returns the length of a row. */
  public int k() {
    return k;
  }

  /** Returns one scale, or one per row, or per row and block; perhaps with factors of inputs. */
  public Encoding encoding() {
    return encoding;
  }

  /**
   * Returns the same integers without the factors of the inputs' scales, for an input that is
   * multiplied by their inverses.
   */
  public QuantizedWeight withoutFactors() {
    return new QuantizedWeight(steps, out, k, encoding.withFactors(ChannelFactors.NONE));
  }

  /** Returns the number of integers. */
  public int size() {
    return steps.length;
  }

  /** Returns the integers on the encoding's grid, row-major; a copy. */
  public int[] integers() {
    int[] integers = new int[steps.length];
    int lowest = encoding.grid().lowest();
    for (int i = 0; i < integers.length; i++) {
      integers[i] = Byte.toUnsignedInt(steps[i]) + lowest;
    }
    return integers;
  }

  /** Returns one of the integers. */
  public int integer(int row, int column) {
    return Byte.toUnsignedInt(steps[row * k + column]) + encoding.grid().lowest();
  }

  /** Returns how many of the weights are 0. */
  public int zeros() {
    int zeros = 0;
    for (float weight : dequantize()) {
      zeros += weight == 0 ? 1 : 0;
    }
    return zeros;
  }

  /** Returns how many integers differ from those of a weight of the same size. */
  public int differences(QuantizedWeight other) {
    int differences = 0;
    for (int i = 0; i < steps.length; i++) {
      differences += steps[i] == other.steps[i] ? 0 : 1;
    }
    return differences;
  }

  /** Returns the real values of the integers, {@code [out, K]}. */
  public float[] dequantize() {
    float[] w = new float[steps.length];
    float[] scales = new float[k];
    int[] zeroPoints = new int[k];
    Codebook codebook = encoding.codebook();
    for (int row = 0; row < out; row++) {
      encoding.spread(row, scales, zeroPoints);
      for (int j = 0; j < k; j++) {
        int q = integer(row, j);
        float level = codebook == null ? q - zeroPoints[j] : codebook.value(row, j, q);
        w[row * k + j] = scales[j] * level;
      }
    }
    return w;
  }
}
