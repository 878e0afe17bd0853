package io.halfstep.transform;

import io.halfstep.transform.PairedLayers.Link;

/**
 * Cross-layer equalization ([D] §4.1, [W] §3.2): between two layers, channel i is divided by {@code
 * s_i = √(r1_i·r2_i) / r2_i}, where {@code r1_i} is the greatest magnitude of the weights that make
 * it and {@code r2_i} that of the weights that read it: {@code W1 ← S⁻¹W1, b1 ← S⁻¹b1, W2 ← W2·S}.
 * Then both are equal for each channel ([D] eq. 11). Pairs are equalized one after the other until
 * no channel changes by more than 0.1 %. The network's function stays the same.
 */
public final class CrossLayerEqualization {
  private static final int MOST_SWEEPS = 200;
  private static final double STILL = 1e-3;

  private CrossLayerEqualization() {}

  /** Equalizes all pairs, before their biases are absorbed. */
  public static void apply(PairedLayers layers) {
    double change = Double.POSITIVE_INFINITY;
    for (int sweep = 0; sweep < MOST_SWEEPS && change > STILL; sweep++) {
      change = 0;
      for (Link link : layers.links()) {
        change = Math.max(change, equalize(link));
      }
    }
  }

  /** Returns by how much a channel changed most, as a ratio less 1. */
  private static double equalize(Link link) {
    double[] made = link.first().greatestByOutput();
    double[] read = link.second().greatestByInput();
    double[] s = new double[made.length];
    double change = 0;
    for (int i = 0; i < s.length; i++) {
      s[i] = made[i] > 0 && read[i] > 0 ? Math.sqrt(made[i] * read[i]) / read[i] : 1;
      link.scales()[i] *= s[i];
      change = Math.max(change, Math.max(s[i], 1 / s[i]) - 1);
    }
    link.first().divideOutputs(s);
    link.second().multiplyInputs(s);
    return change;
  }
}
