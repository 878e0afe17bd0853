package io.halfstep.rounding;

/** How much time the lattice solver may spend to lower the error. */
public enum Effort {
  /** Few candidates, then descent by single moves. Enough for a first look. */
  FAST,
  /** More candidates, then a tabu search; rows of 768 weights or more skip the tabu search. */
  NORMAL,
  /** Many candidates, a long tabu search, and moves of two weights at a time. */
  BEST
}
