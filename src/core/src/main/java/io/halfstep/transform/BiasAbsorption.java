package io.halfstep.transform;

import io.halfstep.graph.Layer;
import io.halfstep.statistics.BatchNormStatistics;
import io.halfstep.transform.PairedLayers.Link;

/**
 * High-bias absorption ([D] §4.1.3, [W] §3.2): what a channel between two layers always has, {@code
 * c = max(0, β − 3|γ|)} with β and |γ| of the batch norm that was folded into the first one, moves
 * to the bias of the second: {@code b1 ← b1 − c, b2 ← b2 + W2·c}. Ranges of activations become
 * smaller.
 *
 * <p>The functions between have {@code f(x − c) = f(x) − c} for {@code x ≥ c ≥ 0}, as ReLU does. So
 * the network changes only where a channel is below {@code c}, 3 deviations from its mean: 0.13 %
 * of normally distributed values. A second layer that pads its input with zeros would see another
 * border; its pair is left as it is, as are pairs without a batch norm or without biases.
 */
public final class BiasAbsorption {
  private static final double DEVIATIONS = 3;

  private BiasAbsorption() {}

  /** Absorbs the high biases of all pairs, after they are equalized. */
  public static void apply(PairedLayers layers) {
    for (Link link : layers.links()) {
      BatchNormStatistics statistics = layers.batchNorm(link);
      Layer second = link.pair().second();
      if (statistics != null
          && link.pair().passesShifts()
          && second.bias() != null
          && !second.patches().hasZeros()) {
        absorb(link, statistics);
      }
    }
  }

  private static void absorb(Link link, BatchNormStatistics statistics) {
    double[] shifts = link.shifts();
    for (int i = 0; i < shifts.length; i++) {
      shifts[i] = Math.max(0, statistics.mean()[i] - DEVIATIONS * statistics.std()[i]);
      for (float limit : link.pair().clips().values()) {
        shifts[i] = Math.min(shifts[i], limit / link.scales()[i]);
      }
    }
    link.first().lowerOutputs(shifts);
    link.second().raiseInputs(shifts);
  }
}
