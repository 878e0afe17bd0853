package io.halfstep.statistics;

/** The signal to quantization noise ratio (SQNR). */
public final class SignalToNoise {
  private SignalToNoise() {}

  /**
   * 10·log10(signal / noise); infinite where nothing differs.
   *
   * @param signal Σ y²
   * @param noise Σ (y − ŷ)²
   */
  public static double decibels(double signal, double noise) {
    return noise == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
  }
}
