package io.halfstep.quantizer;

/** The weights of a student; the network that is better on samples held back is the result. */
public enum Candidate {
  /** As the solver rounded them. */
  ROUNDED(""),
  /** The same, but no layer repaired what the layers before it did to its input. */
  UNREPAIRED(
      "no layer repairs the errors of the layers before it, because the network is better so on the"
          + " samples held back"),
  /** Rounded to nearest. */
  NEAREST(
      "all weights are rounded to nearest, because the network is better so on the samples held"
          + " back"),
  /** As the blocks have learned them. */
  RECONSTRUCTED("weights, biases and steps are as the blocks have learned them"),
  /** As the whole network has learned them. */
  FINETUNED("weights, biases and steps are as the whole network has learned them");

  private final String note;

  Candidate(String note) {
    this.note = note;
  }

  /** Returns a note for the user why this is the result; empty for the usual one. */
  public String note() {
    return note;
  }

  /** Returns whether its weights, biases and steps were learned by gradient. */
  public boolean isLearned() {
    return this == RECONSTRUCTED || this == FINETUNED;
  }
}
