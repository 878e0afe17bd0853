package io.halfstep.rounding;

/** Where a weight may go. */
public enum Reach {
  /** Any level of the grid. */
  GRID,
  /** {⌊w/s⌋, ⌈w/s⌉}, clamped to the grid, as in [A]. */
  FLOOR_CEIL
}
