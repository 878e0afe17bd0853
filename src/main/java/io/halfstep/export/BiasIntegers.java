package io.halfstep.export;

import io.halfstep.quantizer.QuantizedWeight;
import org.jspecify.annotations.Nullable;

/**
 * A layer's bias as int32 ([W] §2.1): one unit is {@code s_w·s_x}, the unit of the products that an
 * integer kernel adds it to.
 *
 * @param integers one per output channel
 * @param scales {@code s_w·s_x}, as many as {@code weightScales}
 * @param weightScales the weight's scales, which may differ from its encoding's for rows of zeros
 */
record BiasIntegers(int[] integers, float[] scales, float[] weightScales) {
  /** A bias of 2^24 units is as exact as a float. */
  private static final float EXACT_UNITS = 1 << 24;

  /**
   * Rounds a bias.
   *
   * <p>A row whose weights are all zero is zero under any scale, and gets the one that makes its
   * bias exact: its encoding's could be as coarse as 1.
   *
   * @param inputScale the scale of the layer's input
   * @return null where a unit is so small that the bias does not fit into an int32 or the unit is
   *     no normal float: clipping would move the layer's output
   */
  static @Nullable BiasIntegers of(float[] bias, QuantizedWeight weight, float inputScale) {
    float[] weightScales = weightScales(bias, weight, inputScale);
    float[] scales = new float[weightScales.length];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = weightScales[i] * inputScale;
      if (scales[i] < Float.MIN_NORMAL) {
        return null;
      }
    }
    int[] integers = new int[bias.length];
    for (int row = 0; row < bias.length; row++) {
      double q = Math.rint((double) bias[row] / scales[scales.length == 1 ? 0 : row]);
      if (!(Math.abs(q) <= Integer.MAX_VALUE)) {
        return null;
      }
      integers[row] = (int) q;
    }
    return new BiasIntegers(integers, scales, weightScales);
  }

  private static float[] weightScales(float[] bias, QuantizedWeight weight, float inputScale) {
    float[] scales = scales(weight);
    if (scales.length == bias.length && scales.length > 1) {
      for (int row = 0; row < scales.length; row++) {
        float exact = Math.abs(bias[row]) / (inputScale * EXACT_UNITS);
        if (exact >= Float.MIN_NORMAL && isZero(weight, row)) {
          scales[row] = exact;
        }
      }
    }
    return scales;
  }

  /** The scales of a weight's encoding. */
  static float[] scales(QuantizedWeight weight) {
    float[] scales = new float[weight.encoding().channels()];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = weight.encoding().scale(i);
    }
    return scales;
  }

  private static boolean isZero(QuantizedWeight weight, int row) {
    int zero = weight.encoding().zeroPoint(row);
    for (int i = row * weight.k(); i < (row + 1) * weight.k(); i++) {
      if (weight.integers()[i] != zero) {
        return false;
      }
    }
    return true;
  }
}
