package io.halfstep.rounding;

/** How much time the lattice solver takes for how little error. */
public enum Effort {
  /** One start and descent by single moves: what a first look needs. */
  FAST,
  /** Several starts, and a search from the best of them; of rows from 768 weights on, as fast. */
  NORMAL,
  /** More starts in more orders, a long search, and moves of two weights at a time. */
  BEST
}
