package io.halfstep.quantizer;

import java.util.Optional;

/**
 * The int32 bias of a layer with integer weights and input ([W] §2.1): scale {@code s_w·s_x}, zero
 * point 0.
 */
public final class BiasQuantizer {
  private BiasQuantizer() {}

  /** The bias's scale in a channel, in single precision as it is exported. */
  public static float scale(Encoding weights, int channel, float inputScale) {
    return weights.scale(channel) * inputScale;
  }

  /**
   * The integers, or empty where one of them does not fit 32 bits or a scale vanishes: then the
   * bias stays in float.
   *
   * @param bias {@code [out]}
   * @param weights one scale, or one per output channel
   * @param inputScale of the layer's input
   */
  public static Optional<int[]> quantize(float[] bias, Encoding weights, float inputScale) {
    int[] integers = new int[bias.length];
    for (int i = 0; i < bias.length; i++) {
      float scale = scale(weights, i, inputScale);
      double q = Math.rint(bias[i] / (double) scale);
      if (!(scale >= Float.MIN_NORMAL) || Math.abs(q) > Integer.MAX_VALUE) {
        return Optional.empty();
      }
      integers[i] = (int) q;
    }
    return Optional.of(integers);
  }

  /**
   * What a runtime makes of the bias: the integers' reals, or the bias itself where it stays in
   * float.
   */
  public static float[] roundTrip(float[] bias, Encoding weights, float inputScale) {
    return quantize(bias, weights, inputScale)
        .map(
            integers -> {
              float[] reals = new float[bias.length];
              for (int i = 0; i < reals.length; i++) {
                reals[i] = integers[i] * scale(weights, i, inputScale);
              }
              return reals;
            })
        .orElse(bias);
  }
}
