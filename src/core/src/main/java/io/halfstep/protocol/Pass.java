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
  /** The finished student is compared with the teacher. */
  FINISH
}
