package io.halfstep.transform;

import io.halfstep.graph.Layer;
import io.halfstep.statistics.BatchNormStatistics;
import io.halfstep.transform.PairedLayers.Link;
import java.util.List;
import java.util.Map;

/**
 * High-bias absorption ([D] §4.1.3, [W] §3.2): what a channel between two layers always has, {@code
 * c = max(0, β − 3|γ|)} with β and |γ| of the batch norm that was folded into the first one, moves
 * to the bias of the second: {@code b1 ← b1 − c, b2 ← b2 + W2·c}. Ranges of activations become
 * smaller. Where the exporter has folded the batch norm, mean and deviation on samples can take the
 * place of β and |γ|.
 *
 * <p>The functions between have {@code f(x − c) = f(x) − c} for {@code x ≥ c ≥ 0}, as ReLU does. So
 * the network changes only where a channel is below {@code c}, 3 deviations from its mean: 0.13 %
 * of normally distributed values. A second layer that pads its input with zeros would see another
 * border; its pair is left as it is, as are pairs of which nothing is known or without biases.
 */
public final class BiasAbsorption {
  private static final double DEVIATIONS = 3;

  private final PairedLayers layers;

  /** Absorbs biases of pairs, once they are equalized. */
  public BiasAbsorption(PairedLayers layers) {
    this.layers = layers;
  }

  /** Returns the first layers of pairs that have no batch norm, but could be absorbed from. */
  public List<Layer> unknown() {
    return layers.links().stream()
        .filter(link -> isPossible(link) && layers.batchNorm(link) == null)
        .map(link -> link.pair().first())
        .toList();
  }

  /**
   * Absorbs the high biases of all pairs.
   *
   * @param observed mean and deviation of {@link #unknown} outputs in the original network, by the
   *     output's name
   */
  public void apply(Map<String, BatchNormStatistics> observed) {
    for (Link link : layers.links()) {
      BatchNormStatistics statistics = layers.batchNorm(link);
      if (statistics == null) {
        statistics = link.changed(observed.get(link.pair().first().output()));
      }
      if (statistics != null && isPossible(link)) {
        absorb(link, statistics);
      }
    }
  }

  private static boolean isPossible(Link link) {
    LayerPair pair = link.pair();
    return pair.passesShifts()
        && pair.first().bias() != null
        && pair.second().bias() != null
        && !pair.second().patches().hasZeros();
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
