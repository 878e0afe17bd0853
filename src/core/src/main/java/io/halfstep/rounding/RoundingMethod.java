package io.halfstep.rounding;

import java.util.Locale;

/** The solvers by name. */
public enum RoundingMethod {
  /** Closest-vector search on the moments. */
  LATTICE,
  /** The lattice solution, refined on stored samples behind the activation function. */
  LATTICE_SAMPLES,
  /** Closest-vector search that spends more time on proving short rows optimal. */
  EXACT,
  /** AdaRound's relaxation, with its full gradient from the moments. */
  ADAROUND,
  /** AdaRound as published, on stored samples. */
  ADAROUND_SAMPLES,
  /** To the nearest level. */
  NEAREST,
  /** Up or down at random, in proportion to the fractional part. */
  STOCHASTIC;

  /** Returns the name in options, plans and reports, e.g. {@code adaround-samples}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
