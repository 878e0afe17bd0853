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

    /** Starts at the weights. */
    LearnedRounding of(RoundingProblem problem, int iterations) {
      return switch (this) {
        case RECTIFIED_SIGMOID -> new RectifiedSigmoid(problem, iterations);
        case SIGMOID -> new SigmoidRounding(problem, iterations, false);
        case ANNEALED_SIGMOID -> new SigmoidRounding(problem, iterations, true);
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
