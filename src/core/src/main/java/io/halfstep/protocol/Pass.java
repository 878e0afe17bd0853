package io.halfstep.protocol;

import io.halfstep.quantizer.Candidate;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One streaming of the calibration data through the graph; in the order of a run. */
public enum Pass {
  /** Without samples: ranges and moments are those that the network's batch norms imply. */
  DERIVE,
  /** The teacher only; activation ranges are set at its end. */
  OBSERVE,
  /** Layer after layer: a layer keeps its batches until it has optimized, then forwards them. */
  ROUND,
  /**
   * {@link #OBSERVE} and {@link #ROUND} in one pass: every layer learns from the teacher's inputs,
   * and no batches are kept.
   */
  LEARN,
  /** Block after block: a block keeps its batches until it has learned, then forwards them. */
  RECONSTRUCT,
  /** The same with the whole network as one block. */
  FINETUNE,
  /** Before the last comparison, the student is compared with other weights. */
  NEAREST(Candidate.NEAREST),
  /** The same. */
  UNREPAIRED(Candidate.UNREPAIRED),
  /** The same. */
  RECONSTRUCTED(Candidate.RECONSTRUCTED),
  /** The same. */
  FINETUNED(Candidate.FINETUNED),
  /** The student is compared with the teacher, on samples held back. */
  FINISH(Candidate.ROUNDED),
  /** After it, if this candidate was the best: it is the finished student. */
  FINISH_NEAREST(Candidate.NEAREST),
  /** The same. */
  FINISH_UNREPAIRED(Candidate.UNREPAIRED),
  /** The same. */
  FINISH_RECONSTRUCTED(Candidate.RECONSTRUCTED),
  /** The same. */
  FINISH_FINETUNED(Candidate.FINETUNED);

  private final @Nullable Candidate compared;

  Pass() {
    this(null);
  }

  Pass(@Nullable Candidate compared) {
    this.compared = compared;
  }

  /** Returns the pass that finishes the student with the weights of a candidate. */
  public static Pass finishing(Candidate best) {
    return all().stream()
        .filter(pass -> !pass.isBefore(FINISH) && pass.compared == best)
        .findFirst()
        .orElseThrow();
  }

  /** Returns the pass that compares a candidate with others, of which a later one may be better. */
  public static Pass comparing(Candidate one) {
    return all().stream().filter(pass -> pass.compared == one).findFirst().orElseThrow();
  }

  private static List<Pass> all() {
    return Arrays.asList(values());
  }

  /** Returns whether a run has this pass before the other one, if it has both. */
  public boolean isBefore(Pass other) {
    return compareTo(other) < 0;
  }

  /** Returns whether there is a student that differs from the teacher. */
  public boolean hasStudent() {
    return this != OBSERVE && this != LEARN && this != DERIVE;
  }

  /** Returns whether blocks learn, each a stage of its own graph. */
  public boolean learnsBlocks() {
    return this == RECONSTRUCT || this == FINETUNE;
  }

  /**
   * Returns whose weights blocks learn.
   *
   * @throws IllegalStateException unless {@linkplain #learnsBlocks blocks learn}
   */
  public Candidate learned() {
    return switch (this) {
      case RECONSTRUCT -> Candidate.RECONSTRUCTED;
      case FINETUNE -> Candidate.FINETUNED;
      default -> throw new IllegalStateException(name());
    };
  }

  /** Returns whether stages keep their batches until they have learned. */
  public boolean keepsBatches() {
    return this == ROUND || learnsBlocks();
  }

  /** Returns whether student and teacher are compared, and nothing is learned. */
  public boolean compares() {
    return compared != null;
  }

  /** Returns whether the finished student has other weights than the solver's. */
  public boolean isReplacement() {
    return FINISH.isBefore(this);
  }

  /** Returns the student's weights, of layers that are rounded. */
  public Candidate candidate() {
    return compared == null ? Candidate.ROUNDED : compared;
  }
}
