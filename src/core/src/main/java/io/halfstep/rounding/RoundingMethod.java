package io.halfstep.rounding;

/** The solvers by name. */
public enum RoundingMethod {
  LATTICE,
  /** Lattice, then refined on stored samples behind the activation function. */
  LATTICE_SAMPLES,
  EXACT,
  ADAROUND,
  ADAROUND_SAMPLES,
  NEAREST,
  STOCHASTIC;

  /** As options, plans and reports write it: {@code adaround-samples}. */
  public String label() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }
}
