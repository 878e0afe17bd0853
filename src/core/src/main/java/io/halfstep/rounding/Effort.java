package io.halfstep.rounding;

/** How much time the lattice solver takes for how little error. */
public enum Effort {
  /** A narrow beam and descent by single moves: what a first look needs. */
  FAST,
  /** A wider beam, and a search from its best; of rows from 768 weights on, the beam alone. */
  NORMAL,
  /** A wide beam, a long search, and moves of two weights at a time. */
  BEST
}
