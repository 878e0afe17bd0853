package io.halfstep.rounding;

import io.halfstep.tensor.ClipFunction;
import java.util.concurrent.CancellationException;

/**
 * A solver of {@link RoundingProblem}.
 *
 * <p>Every solver except the stochastic baseline returns, for each row, a rounding whose error is
 * at most that of rounding to nearest; where scales are chosen too, this holds for the rows that
 * share a scale, taken together. Rows are solved in parallel on the calling ForkJoinPool, and the
 * result does not depend on the number of threads.
 */
public interface Rounder {
  /**
   * Solves the rounding problem of one layer.
   *
   * @param control is asked between steps whether to stop, and receives the progress
   * @throws CancellationException soon after {@code control} asks the solver to stop
   */
  RoundingSolution solve(RoundingProblem problem, RoundingControl control);

  /**
   * Whether the problem should come with stored samples.
   *
   * @param activation the function behind the layer
   */
  boolean usesSamples(ClipFunction activation);

  /**
   * The solver for pieces of long rows, which come without samples; itself, unless it needs them.
   */
  Rounder ofPieces();
}
