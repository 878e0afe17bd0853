package io.halfstep.rounding;

import java.util.concurrent.CancellationException;

/**
 * A solver of {@link RoundingProblem}. But for the stochastic baseline, never worse than nearest in
 * any row; same problem, same integers, however many threads work at it (rows run in parallel on
 * the calling ForkJoinPool).
 */
public interface Rounder {
  /**
   * Solves a layer's problem.
   *
   * @param control asked between steps whether to stop, told how far the work is
   * @throws CancellationException soon after {@code control} says so
   */
  RoundingSolution solve(RoundingProblem problem, Control control);

  /** The solver of this name, at normal effort. */
  static Rounder of(RoundingMethod method) {
    return of(method, Effort.NORMAL);
  }

  /**
   * The solver of this name. Rows that are cut into pieces it rounds piece by piece; in the place
   * of those that work from samples, those on moments do.
   *
   * @param effort of the lattice solver, and of the exact one where rows are too long for it
   */
  static Rounder of(RoundingMethod method, Effort effort) {
    Rounder rounder =
        switch (method) {
          case LATTICE -> LatticeRounder.searching(effort);
          case LATTICE_SAMPLES -> new RefiningRounder(LatticeRounder.searching(effort));
          case EXACT -> LatticeRounder.proving(effort);
          case ADAROUND -> new AdaRounder();
          case ADAROUND_SAMPLES -> new SampledAdaRounder();
          case NEAREST -> RowWiseRounder.nearest();
          case STOCHASTIC -> RowWiseRounder.stochastic();
        };
    Rounder ofPieces =
        switch (method) {
          case LATTICE_SAMPLES -> LatticeRounder.searching(effort);
          case ADAROUND_SAMPLES -> new AdaRounder();
          default -> rounder;
        };
    return new PiecewiseRounder(rounder, ofPieces);
  }

  /** How a caller watches and stops a solver; called from many threads. */
  interface Control {
    Control NONE = new Control() {};

    default boolean cancelled() {
      return false;
    }

    /** The share of the work done, 0 to 1. */
    default void progress(double share) {}
  }
}
