package io.halfstep.statistics;

/**
 * What a batch norm tells of a tensor that it made: each channel has mean β and standard deviation
 * |γ| on the data that the network was trained with ([D] §4.2.1). A batch norm divides by √(σ² +
 * ε), so exactly it is {@code |γ|·σ/√(σ² + ε)}: 0 for a channel that never varied.
 *
 * @param mean β, {@code [channels]}
 * @param std {@code [channels]}, not negative
 */
public record BatchNormStatistics(double[] mean, double[] std) {
  /**
   * Returns the statistics of {@code x / by − less}, for each channel.
   *
   * @param by positive
   */
  public BatchNormStatistics changed(double[] by, double[] less) {
    double[] newMean = new double[mean.length];
    double[] newStd = new double[mean.length];
    for (int i = 0; i < mean.length; i++) {
      newMean[i] = mean[i] / by[i] - less[i];
      newStd[i] = std[i] / by[i];
    }
    return new BatchNormStatistics(newMean, newStd);
  }
}
