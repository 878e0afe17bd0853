package io.halfstep.statistics;

import io.halfstep.tensor.Patches;

/**
 * How many patches a layer's moments are made of. A convolution sees each sample at many positions;
 * far fewer than all of them fix the moments as well as its integers need. With 256 for each weight
 * of a row the error on all patches is that of rounding from all, within the solver's own scatter
 * ({@code src/bench/patches.sh}), and what is left to do does not grow with the stream.
 */
public final class PatchBudget {
  /** Patches for each weight of a row. */
  public static final int PER_WEIGHT = 256;

  private PatchBudget() {}

  /**
   * A layer's patches, thinned where the stream has more than enough of them.
   *
   * @param samples how many samples the stream has; 0 where that is not known: then all are kept
   */
  public static Patches of(Patches patches, long samples) {
    if (samples <= 0) {
      return patches;
    }
    long perSample = ((long) PER_WEIGHT * patches.k() + samples - 1) / samples;
    return patches.thinned((int) Math.min(perSample, Integer.MAX_VALUE));
  }
}
