package io.halfstep.rounding;

/** The candidate set of each weight: the levels that it may be rounded to. */
public enum Reach {
  /** Every level of the grid. */
  GRID,
  /** {⌊w/s⌋, ⌈w/s⌉}, clamped to the grid, as in [A]. */
  FLOOR_CEIL
}
