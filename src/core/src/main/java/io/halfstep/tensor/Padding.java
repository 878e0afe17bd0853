package io.halfstep.tensor;

/**
 * The padding of a convolution, explicit or computed from the input's size (ONNX's {@code auto_pad}
 * and {@code pads}).
 *
 * @param mode how it is computed
 * @param before elements before the first one of each spatial axis; zeros unless {@code EXPLICIT}
 * @param after elements after the last one of each spatial axis; zeros unless {@code EXPLICIT}
 */
public record Padding(Mode mode, int[] before, int[] after) {
  /** As {@code auto_pad}; {@code EXPLICIT} is its {@code NOTSET}. */
  public enum Mode {
    EXPLICIT,
    SAME_UPPER,
    SAME_LOWER,
    VALID
  }

  /**
   * Returns the part of the total padding that goes before the first element; the mode says where
   * an odd element goes.
   */
  int head(int total) {
    return mode == Mode.SAME_UPPER ? total / 2 : total - total / 2;
  }

  boolean isSame() {
    return mode == Mode.SAME_UPPER || mode == Mode.SAME_LOWER;
  }
}
