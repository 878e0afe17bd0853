package io.halfstep.rounding;

import java.util.Locale;

/** The solvers by name. */
public enum RoundingMethod {
  /** Closest-vector search on the moments. */
  LATTICE("closest-vector search; the most accurate in little time"),
  /** The lattice solution, refined on stored samples behind the activation function. */
  LATTICE_SAMPLES("lattice, then refined behind ReLU or Clip on stored samples"),
  /** Closest-vector search that spends more time on proving short rows optimal. */
  EXACT("lattice with a longer search for the optimum of short rows"),
  /** AdaRound's relaxation, with its full gradient from the moments. */
  ADAROUND("AdaRound's relaxation on the moments of the data"),
  /** AdaRound as published, on stored samples. */
  ADAROUND_SAMPLES("AdaRound as published, on stored samples; slow"),
  /** To the nearest level. */
  NEAREST("to the nearest level; uses no data"),
  /** Up or down at random, in proportion to the fractional part. */
  STOCHASTIC("up or down at random, in proportion to the fractional part");

  private final String summary;

  RoundingMethod(String summary) {
    this.summary = summary;
  }

  /** Returns the name in options, plans and reports, e.g. {@code adaround-samples}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns whether it optimizes nothing. */
  public boolean isBaseline() {
    return this == NEAREST || this == STOCHASTIC;
  }

  /** What it does, for the help. */
  public String summary() {
    return summary;
  }
}
