package io.halfstep.protocol;

import io.halfstep.quantizer.Candidate;
import org.jspecify.annotations.Nullable;

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
  /** The student is compared with the teacher, on samples held back. */
  FINISH(Candidate.ROUNDED),
  /** Before it, the same with another candidate. */
  NEAREST(Candidate.NEAREST),
  /** After it, if this candidate was the best: it is the finished student. */
  FINISH_NEAREST(Candidate.NEAREST),
  /** Before it, the same with another candidate. */
  UNREPAIRED(Candidate.UNREPAIRED),
  /** After it, if this candidate was the best: it is the finished student. */
  FINISH_UNREPAIRED(Candidate.UNREPAIRED),
  /** Without samples: ranges and moments are those that the network's batch norms imply. */
  DERIVE;

  private final @Nullable Candidate compared;

  Pass() {
    this(null);
  }

  Pass(@Nullable Candidate compared) {
    this.compared = compared;
  }

  /** Returns whether there is a student that differs from the teacher. */
  public boolean hasStudent() {
    return this != OBSERVE && this != LEARN && this != DERIVE;
  }

  /** Returns whether student and teacher are compared, and nothing is learned. */
  public boolean compares() {
    return compared != null;
  }

  /** Returns whether the finished student has other weights than the solver's. */
  public boolean isReplacement() {
    return this == FINISH_NEAREST || this == FINISH_UNREPAIRED;
  }

  /** Returns the student's weights, of layers that are rounded. */
  public Candidate candidate() {
    return compared == null ? Candidate.ROUNDED : compared;
  }
}
