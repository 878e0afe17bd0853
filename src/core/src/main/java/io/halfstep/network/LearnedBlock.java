package io.halfstep.network;

import io.halfstep.quantizer.Candidate;
import io.halfstep.statistics.Decibels;
import java.util.List;

/**
 * What a part of the network has learned by gradient.
 *
 * @param name of its first layer
 * @param candidate whose weights it learned: of blocks, or of the whole network
 * @param before the error of its outputs before learning, in proportion to their signal
 * @param after the same with what it learned
 * @param layers those that have learned; empty if that was no better than before
 */
public record LearnedBlock(
    String name, Candidate candidate, double before, double after, List<String> layers) {
  /** Returns whether it is the whole network. */
  public boolean isWhole() {
    return candidate == Candidate.FINETUNED;
  }

  /** Returns its name for users. */
  public String label() {
    return isWhole() ? "the whole network" : name;
  }

  /** Returns the SQNR of its outputs before learning, in dB. */
  public double sqnrDbBefore() {
    return Decibels.of(1, before);
  }

  /** Returns the SQNR of its outputs with what it learned, in dB. */
  public double sqnrDbAfter() {
    return Decibels.of(1, after);
  }
}
