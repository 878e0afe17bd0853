package io.halfstep.network;

/**
 * The padding among a run's samples, which no statistic and no error figure counts.
 *
 * @param positions of all sequences; 0 if the network has no mask
 * @param leftOut those that were padding
 */
public record Padding(long positions, long leftOut) {
  /** No mask. */
  public static final Padding NONE = new Padding(0, 0);

  /** For results. */
  @Override
  public String toString() {
    return "%d of %d positions were padding, left out".formatted(leftOut, positions);
  }
}
