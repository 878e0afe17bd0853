package io.halfstep.protocol;

/** One streaming of the calibration data through the graph. */
public enum Pass {
  /** The teacher alone; activation ranges are set at its end. */
  OBSERVE,
  /** Layer after layer: a layer keeps its batches until it has optimized, then forwards them. */
  ROUND,
  /**
   * {@link #OBSERVE} and {@link #ROUND} in one, every layer from the teacher's inputs, nothing
   * kept.
   */
  LEARN,
  /** The finished student beside the teacher, to measure it. */
  FINISH
}
