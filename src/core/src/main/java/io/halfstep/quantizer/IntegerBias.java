package io.halfstep.quantizer;

/**
 * A layer's bias as int32 ([W] §2.1): one unit is {@code s_w·s_x}, the unit of the products that an
 * integer kernel adds it to. Zero points are 0.
 *
 * @param integers one per output channel
 * @param scales {@code s_w·s_x}, as many as the weight has
 * @param weight the layer's weight, with raised scales in the few rows whose bias would not fit
 * @param raised the number of rows with a raised scale
 */
public record IntegerBias(int[] integers, float[] scales, QuantizedWeight weight, int raised) {
  /*
   * If input and weight are quantized, ONNX Runtime itself rounds a float bias to int32 without
   * checking its range. So a bias that would clip can't stay in float: the row's scale must be
   * raised. With a bias of 2^30 units, the row's weights have an error of 2^-31 of the bias per
   * input step, which a float sum would lose as well; and rounding of the unit can't bring the bias
   * to 2^31.
   */
  private static final float MOST_UNITS = 1 << 30;

  /** A bias of 2^24 units is as exact as a float. */
  private static final float EXACT_UNITS = 1 << 24;

  /**
   * Rounds a bias to nearest.
   *
   * @param bias {@code [out]}
   * @param inputScale the scale of the layer's input
   */
  public static IntegerBias of(float[] bias, QuantizedWeight weight, float inputScale) {
    Encoding encoding = weight.encoding();
    float[] rowScales = new float[weight.out()];
    boolean changed = false;
    int raised = 0;
    for (int row = 0; row < rowScales.length; row++) {
      rowScales[row] = rowScale(bias[row], weight, row, inputScale);
      changed |= rowScales[row] != encoding.scale(row);
      raised += rowScales[row] > encoding.scale(row) && !isZero(weight, row) ? 1 : 0;
    }
    QuantizedWeight suited = changed ? rescale(weight, rowScales) : weight;
    float[] scales = new float[suited.encoding().channels()];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = suited.encoding().scale(i) * inputScale;
    }
    int[] integers = new int[bias.length];
    for (int row = 0; row < bias.length; row++) {
      integers[row] = (int) Math.rint((double) bias[row] / scales[scales.length == 1 ? 0 : row]);
    }
    return new IntegerBias(integers, scales, suited, raised);
  }

  /** Returns the real values of the integers, as a runtime computes them. */
  public float[] dequantize() {
    float[] reals = new float[integers.length];
    for (int i = 0; i < reals.length; i++) {
      reals[i] = integers[i] * scales[scales.length == 1 ? 0 : i];
    }
    return reals;
  }

  /**
   * Returns the least scale of a row's weights at which its bias fits: at most 2^30 units, with a
   * normal number as the unit. {@link #of} does not change rows with this scale or a greater one,
   * unless they are all zero.
   *
   * @param inputScale the scale of the layer's input
   */
  public static float leastScale(float bias, float inputScale) {
    float unit = Math.max(Math.abs(bias) / MOST_UNITS, 2 * Float.MIN_NORMAL);
    return between(unit / inputScale);
  }

  private static float rowScale(float bias, QuantizedWeight weight, int row, float inputScale) {
    float scale = weight.encoding().scale(row);
    if (weight.encoding().channels() > 1 && isZero(weight, row)) {
      // All zero, so any scale will do; the encoding's may be 1, too coarse for the bias.
      float exact = Math.max(Math.abs(bias) / EXACT_UNITS, 2 * Float.MIN_NORMAL);
      return bias == 0 ? scale : between(exact / inputScale);
    }
    return Math.max(scale, leastScale(bias, inputScale));
  }

  private static float between(float scale) {
    return Math.max(Float.MIN_NORMAL, Math.min(Float.MAX_VALUE, scale));
  }

  private static boolean isZero(QuantizedWeight weight, int row) {
    int zero = weight.encoding().zeroPoint(row);
    for (int j = 0; j < weight.k(); j++) {
      if (weight.integer(row, j) != zero) {
        return false;
      }
    }
    return true;
  }

  /** Returns the weight with one scale per row; rows whose scale changed are rounded again. */
  private static QuantizedWeight rescale(QuantizedWeight weight, float[] rowScales) {
    Encoding before = weight.encoding();
    int[] zeroPoints = new int[rowScales.length];
    int[] integers = weight.integers();
    for (int row = 0; row < rowScales.length; row++) {
      zeroPoints[row] = before.zeroPoint(row);
      if (rowScales[row] != before.scale(row)) {
        for (int i = row * weight.k(); i < (row + 1) * weight.k(); i++) {
          double steps = (double) before.dequantize(integers[i], row) / rowScales[row];
          integers[i] = before.grid().clamp((int) Math.rint(steps) + zeroPoints[row]);
        }
      }
    }
    return new QuantizedWeight(
        integers,
        weight.out(),
        weight.k(),
        Encoding.perChannel(before.grid(), rowScales, zeroPoints).withFactors(before.factors()));
  }
}
