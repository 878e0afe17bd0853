package io.halfstep.tensor;

/**
 * {@code x ↦ min(highest, max(lowest, x))}: the identity, ReLU, ReLU6, and every other Clip of
 * ONNX.
 *
 * @param lowest the lower bound, or −∞
 * @param highest the upper bound, or +∞
 */
public record ClipFunction(float lowest, float highest) {
  /** The identity. */
  public static final ClipFunction IDENTITY =
      new ClipFunction(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);

  /** {@code max(0, x)}. */
  public static final ClipFunction RELU = new ClipFunction(0, Float.POSITIVE_INFINITY);

  /** Returns the value at x. */
  public float apply(float x) {
    return Math.min(highest, Math.max(lowest, x));
  }

  /** Returns whether the slope at x is 1, not 0. */
  public boolean passes(float x) {
    return x > lowest && x < highest;
  }

  /** Returns whether it is the identity. */
  public boolean isIdentity() {
    return equals(IDENTITY);
  }
}
