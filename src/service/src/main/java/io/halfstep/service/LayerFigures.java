package io.halfstep.service;

/**
 * Figures of a layer of the version under way, or of the last one; NaN if not known yet.
 *
 * @param loss the loss L of its integers (see {@link io.halfstep.statistics.Moments})
 * @param nearestLoss the loss L of rounding to nearest
 * @param flips the weights that differ from nearest
 * @param sqnrDb signal to quantization noise of its output, student against teacher, in dB; known
 *     at the end of the last pass
 * @param clipped the share of its input's values outside of the input's quantization range, 0 to 1;
 *     NaN also if the input is not quantized
 * @param driftSigmas how far its input's values have moved since the version before, see {@link
 *     io.halfstep.protocol.RunEvent.RangeDrift}
 * @param driftClipped by how much the share of them that the version before clips has grown
 * @param driftLossRatio how much more the version before costs with them, see {@link
 *     io.halfstep.protocol.RunEvent.LossDrift}
 */
public record LayerFigures(
    double loss,
    double nearestLoss,
    double flips,
    double sqnrDb,
    double clipped,
    double driftSigmas,
    double driftClipped,
    double driftLossRatio) {
  static final LayerFigures UNKNOWN =
      new LayerFigures(
          Double.NaN,
          Double.NaN,
          Double.NaN,
          Double.NaN,
          Double.NaN,
          Double.NaN,
          Double.NaN,
          Double.NaN);

  /** {@code L / L(nearest)}; 1 if both are 0. */
  public double ratio() {
    return nearestLoss == 0 ? 1 : loss / nearestLoss;
  }

  LayerFigures rounded(double newLoss, double newNearestLoss, int newFlips) {
    return new LayerFigures(
        newLoss,
        newNearestLoss,
        newFlips,
        sqnrDb,
        clipped,
        driftSigmas,
        driftClipped,
        driftLossRatio);
  }

  LayerFigures measured(double newSqnrDb) {
    return new LayerFigures(
        loss, nearestLoss, flips, newSqnrDb, clipped, driftSigmas, driftClipped, driftLossRatio);
  }

  LayerFigures clipping(double newClipped) {
    return new LayerFigures(
        loss, nearestLoss, flips, sqnrDb, newClipped, driftSigmas, driftClipped, driftLossRatio);
  }

  LayerFigures drifted(double sigmas, double newDriftClipped) {
    return new LayerFigures(
        loss, nearestLoss, flips, sqnrDb, clipped, sigmas, newDriftClipped, driftLossRatio);
  }

  LayerFigures drifted(double lossRatio) {
    return new LayerFigures(
        loss, nearestLoss, flips, sqnrDb, clipped, driftSigmas, driftClipped, lossRatio);
  }
}
