package io.halfstep.tensor;

/**
 * The padding of a convolution, given or found from the input's size (ONNX's {@code auto_pad} and
 * {@code pads}).
 *
 * @param mode how it is found
 * @param before what lies before the first element of each spatial axis; zeros unless {@code
 *     EXPLICIT}
 * @param after what lies after the last element of each spatial axis; zeros unless {@code EXPLICIT}
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
   * The share of a total that goes before the first element; the odd one goes where the mode says.
   */
  int head(int total) {
    return mode == Mode.SAME_UPPER ? total / 2 : total - total / 2;
  }

  boolean isSame() {
    return mode == Mode.SAME_UPPER || mode == Mode.SAME_LOWER;
  }
}
