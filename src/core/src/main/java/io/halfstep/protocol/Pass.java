package io.halfstep.protocol;

/** One streaming of the calibration data through the graph. */
public enum Pass {
  /** The teacher only; activation ranges are set at its end. */
  OBSERVE,
  /** Layer after layer: a layer keeps its batches until it has optimized, then forwards them. */
  ROUND,
  /**
   * {@link #OBSERVE} and {@link #ROUND} in one pass: every layer learns from the teacher's inputs,
   * and no batches are kept.
   */
  LEARN,
  /** The finished student is compared with the teacher, on samples held back. */
  FINISH,
  /** Before it: the student rounded to nearest is compared with the teacher on the same samples. */
  NEAREST,
  /** After it, if the student rounded to nearest was better: that is the finished one. */
  FALLBACK;

  /** Returns whether student and teacher are compared, and nothing is learned. */
  public boolean compares() {
    return this == NEAREST || this == FINISH || this == FALLBACK;
  }

  /** Returns whether the student's weights are those rounded to nearest. */
  public boolean isNearest() {
    return this == NEAREST || this == FALLBACK;
  }
}
