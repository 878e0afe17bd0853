package io.halfstep.analysis;

import java.util.List;

/**
 * A plan that was tried.
 *
 * @param kind what it was tried for
 * @param name of what it changes
 * @param layers whose settings it changes; empty if those of all
 * @param measured the result
 */
public record Trial(Kind kind, String name, List<String> layers, Measurement measured) {
  /** What a plan is tried for. */
  public enum Kind {
    /** The plan to improve. */
    GIVEN,
    /** Weights or activations alone. */
    PART,
    /** The weight of one layer alone. */
    LAYER,
    /** The given plan with one remedy. */
    REMEDY,
    /** The given plan with several remedies. */
    COMBINATION
  }

  public Trial {
    layers = List.copyOf(layers);
  }

  /** Returns the SQNR of the output, in dB. */
  public double sqnrDb() {
    return measured.sqnrDb();
  }

  /** Returns by how many dB the SQNR is higher than the other's; NaN if both are infinite. */
  public double gainDb(Trial other) {
    return sqnrDb() - other.sqnrDb();
  }
}
