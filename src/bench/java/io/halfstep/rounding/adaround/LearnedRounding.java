package io.halfstep.rounding.adaround;

import io.halfstep.rounding.RoundingProblem;

/** A layer's rounding while it is learned, by the gradient of the layer's error. */
public interface LearnedRounding {
  /** How a rounding is learned; the kinds of [A] Tables 3 and 5. */
  enum Kind {
    /** The rectified sigmoid with the regularizer, as in [A] eq. 23–24. */
    RECTIFIED_SIGMOID,
    /** The sigmoid with the same regularizer. */
    SIGMOID,
    /** The sigmoid of {@code V/T}, whose temperature T falls; no regularizer. */
    ANNEALED_SIGMOID,
    /** Weights that are rounded to nearest, with the gradient of the identity. */
    STRAIGHT_THROUGH;

    /** The paper's 1e-3 for 10 000 iterations; with fewer of them, the rate is higher. */
    private static final double RATE_TIMES_ITERATIONS = 10;

    /** Starts at the weights. */
    LearnedRounding of(RoundingProblem problem, int iterations) {
      double rate = RATE_TIMES_ITERATIONS / iterations;
      return switch (this) {
        case RECTIFIED_SIGMOID -> new RectifiedSigmoid(problem, iterations, rate);
        case SIGMOID -> new SigmoidRounding(problem, iterations, rate, false);
        case ANNEALED_SIGMOID -> new SigmoidRounding(problem, iterations, rate, true);
        case STRAIGHT_THROUGH -> new StraightThrough(problem, iterations);
      };
    }
  }

  /** The weights for which the error is to be computed, {@code [out, K]}. */
  void weights(float[] to);

  /**
   * A step of Adam.
   *
   * @param gradient of the error with respect to these weights
   * @param iteration from 0
   */
  void descend(float[] gradient, int iteration);

  /** Returns what a row is rounded to at the end: integers less the zero point. */
  int[] levels(int row);
}
