package io.halfstep.service;

/**
 * How far the samples of a job have moved since the version before, as one figure for the whole
 * network: each layer's own figures vary by chance, the more layers there are, the more often one
 * of them would give a false alarm. What is tolerated lies between what 256 samples vary by chance
 * ({@code src/bench/drift.sh}: at most 0.013 deviations, a loss ratio of 1.02) and what images that
 * are inverted, blurred or brightened show (from 0.07 deviations on).
 *
 * @param samples those of the version under way
 * @param sigmas the mean over the quantized inputs of layers of {@link LayerFigures#driftSigmas}
 * @param clipped the same of {@link LayerFigures#driftClipped}
 * @param lossRatio the geometric mean over the layers of {@link LayerFigures#driftLossRatio}
 * @param drifting whether the samples have drifted: an alarm that began at {@link #ALARM} ends
 *     below {@link #END}
 */
public record JobDrift(
    long samples, double sigmas, double clipped, double lossRatio, boolean drifting) {
  static final JobDrift UNKNOWN = new JobDrift(0, Double.NaN, Double.NaN, Double.NaN, false);

  static final double ALARM = 1;
  static final double END = 0.5;

  private static final double MOST_SIGMAS = 0.04;
  private static final double ENOUGH_SAMPLES = 256;
  private static final double MOST_CLIPPED = 0.005;
  private static final double MOST_LOSS_RATIO = 1.5;

  /**
   * Returns the drift as a share of what is tolerated: the greatest of the three figures, each in
   * proportion to its threshold; NaN if none is known.
   */
  public double share() {
    double share = Double.NaN;
    for (double each :
        new double[] {
          sigmas / mostSigmas(samples),
          clipped / MOST_CLIPPED,
          Math.log(lossRatio) / Math.log(MOST_LOSS_RATIO)
        }) {
      if (!Double.isNaN(each)) {
        share = Double.isNaN(share) ? each : Math.max(share, each);
      }
    }
    return share;
  }

  /** Distances between samples of one distribution are in proportion to {@code 1/√samples}. */
  private static double mostSigmas(long samples) {
    return MOST_SIGMAS * Math.sqrt(Math.max(1, ENOUGH_SAMPLES / samples));
  }

  /** Returns the drift that the layers show, after an earlier one. */
  static JobDrift of(Iterable<LayerFigures> layers, long samples, JobDrift before) {
    Mean sigmas = new Mean();
    Mean clipped = new Mean();
    Mean logLoss = new Mean();
    for (LayerFigures layer : layers) {
      sigmas.add(layer.driftSigmas());
      clipped.add(layer.driftClipped());
      logLoss.add(Math.log(layer.driftLossRatio()));
    }
    JobDrift now =
        new JobDrift(
            samples, sigmas.value(), clipped.value(), Math.exp(logLoss.value()), before.drifting());
    double share = now.share();
    boolean drifting = share >= ALARM || (before.drifting() && !(share < END));
    return new JobDrift(samples, now.sigmas(), now.clipped(), now.lossRatio(), drifting);
  }

  /** A mean of the finite values. */
  private static final class Mean {
    private double sum;
    private int count;

    void add(double value) {
      if (Double.isFinite(value)) {
        sum += value;
        count++;
      }
    }

    double value() {
      return count == 0 ? Double.NaN : sum / count;
    }
  }
}
