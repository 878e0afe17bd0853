package io.halfstep.quantizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Factors of the channels of a layer's input, or of the inputs of a weight's rows. They are powers
 * of two, so that dividing the one and multiplying the other changes no product.
 */
public final class ChannelFactors {
  /** All factors are 1. */
  public static final ChannelFactors NONE = new ChannelFactors(new float[0]);

  /** Factors and their inverses are normal numbers. */
  private static final int GREATEST_EXPONENT = 126;

  private final float[] factors;

  private ChannelFactors(float[] factors) {
    this.factors = factors;
  }

  /**
   * Returns factors.
   *
   * @param factors one for each channel; empty for none
   * @throws IllegalArgumentException if one is not a power of two
   */
  public static ChannelFactors of(float[] factors) {
    for (float factor : factors) {
      int exponent = Math.getExponent(factor);
      if (Math.abs(exponent) > GREATEST_EXPONENT || Math.scalb(1f, exponent) != factor) {
        throw new IllegalArgumentException("factor " + factor + " is not a power of two");
      }
    }
    return factors.length == 0 ? NONE : new ChannelFactors(factors.clone());
  }

  /** Returns whether all factors are 1. */
  public boolean isNone() {
    return factors.length == 0;
  }

  /** Returns the number of channels; 0 for any number. */
  public int channels() {
    return factors.length;
  }

  /** Returns the factors, one for each channel; empty for none. */
  public float[] values() {
    return factors.clone();
  }

  /** Returns the factor of a channel. */
  public float of(int channel) {
    return isNone() ? 1 : factors[channel];
  }

  /** Returns the factors that undo these. */
  public ChannelFactors inverse() {
    float[] inverse = new float[factors.length];
    for (int j = 0; j < inverse.length; j++) {
      inverse[j] = 1 / factors[j];
    }
    return isNone() ? this : new ChannelFactors(inverse);
  }

  /** Returns the factors of channels {@code [from, to)}. */
  public ChannelFactors slice(int from, int to) {
    return isNone() ? this : new ChannelFactors(Arrays.copyOfRange(factors, from, to));
  }

  /**
   * Returns values {@code [..., channels]} times the factors of their channels; the same array if
   * there are none.
   */
  public float[] times(float[] values) {
    if (isNone()) {
      return values;
    }
    float[] products = new float[values.length];
    multiply(values, products);
    return products;
  }

  /** Writes values {@code [..., channels]} times the factors of their channels to an array. */
  void multiply(float[] from, float[] to) {
    int k = factors.length;
    for (int start = 0; start < from.length; start += k) {
      for (int j = 0; j < k; j++) {
        to[start + j] = from[start + j] * factors[j];
      }
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ChannelFactors that && Arrays.equals(factors, that.factors);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(factors);
  }

  @Override
  public String toString() {
    return isNone() ? "no factors" : factors.length + " factors";
  }
}
