package io.halfstep.rounding.adaround;

import io.halfstep.rounding.RoundingProblem;

/** The {@link Relaxation} of all rows. */
final class RectifiedSigmoid implements LearnedRounding {
  private final Relaxation relaxation;

  RectifiedSigmoid(RoundingProblem problem, int iterations, double rate) {
    relaxation = new Relaxation(problem, 0, problem.out(), iterations, rate);
  }

  @Override
  public void weights(float[] to) {
    relaxation.weights(to);
  }

  @Override
  public void descend(float[] gradient, int iteration) {
    relaxation.descend(gradient, iteration);
  }

  @Override
  public int[] levels(int row) {
    return relaxation.levels(row);
  }
}
