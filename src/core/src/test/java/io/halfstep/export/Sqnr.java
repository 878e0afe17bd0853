package io.halfstep.export;

/** Signal to noise of one output against another, in dB. */
final class Sqnr {
  private Sqnr() {}

  static double decibels(double[] reference, double[] actual) {
    double signal = 0;
    double noise = 0;
    for (int i = 0; i < reference.length; i++) {
      signal += reference[i] * reference[i];
      noise += (reference[i] - actual[i]) * (reference[i] - actual[i]);
    }
    return 10 * Math.log10(signal / noise);
  }
}
