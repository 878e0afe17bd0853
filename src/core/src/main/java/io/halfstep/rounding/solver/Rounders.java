package io.halfstep.rounding.solver;

import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.adaround.AdaRounder;
import io.halfstep.rounding.adaround.SampledAdaRounder;
import io.halfstep.rounding.baseline.BaselineRounder;
import io.halfstep.rounding.lattice.LatticeRounder;
import io.halfstep.rounding.product.VectorRounder;
import io.halfstep.rounding.refinement.RefiningRounder;

/** The registry of solvers. */
public final class Rounders {
  private Rounders() {}

  /** Returns the solver of this name, at normal effort. */
  public static Rounder of(RoundingMethod method) {
    return of(method, Effort.NORMAL);
  }

  /**
   * Returns the solver of this name. It rounds rows that are cut into pieces piece by piece.
   *
   * @param effort of the lattice solver and its variants; the other solvers ignore it
   */
  public static Rounder of(RoundingMethod method, Effort effort) {
    return new PiecewiseRounder(
        switch (method) {
          case LATTICE -> new VectorRounder(LatticeRounder.searching(effort));
          case LATTICE_SAMPLES -> new RefiningRounder(LatticeRounder.searching(effort));
          case EXACT -> new VectorRounder(LatticeRounder.proving(effort));
          case ADAROUND -> new AdaRounder();
          case ADAROUND_SAMPLES -> new SampledAdaRounder();
          case NEAREST -> BaselineRounder.nearest();
          case STOCHASTIC -> BaselineRounder.stochastic();
        });
  }
}
