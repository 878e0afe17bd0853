package io.halfstep.tensor;

/**
 * {@code x ↦ min(highest, max(lowest, x))}: the identity, ReLU, ReLU6, and every other Clip of
 * ONNX.
 *
 * @param lowest what it is cut off at below; −∞ where it is not
 * @param highest what it is cut off at above; +∞ where it is not
 */
public record ClipFunction(float lowest, float highest) {
  /** Leaves everything as it is. */
  public static final ClipFunction IDENTITY =
      new ClipFunction(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);

  /** {@code max(0, x)}. */
  public static final ClipFunction RELU = new ClipFunction(0, Float.POSITIVE_INFINITY);

  /** The value at x. */
  public float apply(float x) {
    return Math.min(highest, Math.max(lowest, x));
  }

  /** Whether the slope at x is 1; it is 0 otherwise. */
  public boolean passes(float x) {
    return x > lowest && x < highest;
  }

  /** Whether it leaves everything as it is. */
  public boolean isIdentity() {
    return equals(IDENTITY);
  }
}
