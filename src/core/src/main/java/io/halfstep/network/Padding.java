package io.halfstep.network;

/**
 * The padding among a run's samples, which is excluded from all statistics and error figures.
 *
 * @param positions of all sequences; 0 if the network has no mask
 * @param leftOut the positions that were padding
 */
public record Padding(long positions, long leftOut) {
  /** For networks without a mask. */
  public static final Padding NONE = new Padding(0, 0);

  /** Returns the padding of both. */
  public Padding plus(Padding other) {
    return new Padding(positions + other.positions, leftOut + other.leftOut);
  }

  /** Formats the counts for results. */
  @Override
  public String toString() {
    return "%d of %d positions were padding, left out".formatted(leftOut, positions);
  }
}
