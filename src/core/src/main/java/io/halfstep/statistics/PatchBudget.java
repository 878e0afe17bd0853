package io.halfstep.statistics;

import io.halfstep.tensor.Patches;

/**
 * Limits the number of patches for a layer's moments. A convolution sees each sample at many
 * positions, and a fraction of them determines the moments well enough. With 256 patches for each
 * weight of a row, the error over all patches equals that of rounding from all patches, within the
 * solver's scatter ({@code src/bench/patches.sh}), and the work does not grow with the stream.
 */
public final class PatchBudget {
  /** Patches for each weight of a row. */
  public static final int PER_WEIGHT = 256;

  private PatchBudget() {}

  /**
   * Returns a layer's patches, thinned if the stream has more than enough of them.
   *
   * @param samples the number of samples in the stream; 0 if unknown: then all patches are kept
   */
  public static Patches of(Patches patches, long samples) {
    if (samples <= 0) {
      return patches;
    }
    long perSample = ((long) PER_WEIGHT * patches.k() + samples - 1) / samples;
    return patches.thinned((int) Math.min(perSample, Integer.MAX_VALUE));
  }
}
