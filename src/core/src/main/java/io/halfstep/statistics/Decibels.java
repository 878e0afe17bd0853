package io.halfstep.statistics;

/** Ratios of powers in dB. */
public final class Decibels {
  private Decibels() {}

  /**
   * 10·log10(signal / noise); infinite where nothing differs.
   *
   * @param signal Σ y²
   * @param noise Σ (y − ŷ)²
   */
  public static double of(double signal, double noise) {
    return noise == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
  }
}
