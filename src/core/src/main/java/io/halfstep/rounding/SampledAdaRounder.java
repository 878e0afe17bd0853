package io.halfstep.rounding;

import java.util.SplittableRandom;

/**
 * AdaRound as [A] has it (eq. 25): stochastic gradient descent on stored samples, 32 at a time, the
 * error taken after the activation function. The reference for the other solvers, and much slower
 * than they are.
 */
final class SampledAdaRounder implements Rounder {
  private static final int ITERATIONS = 10_000;
  private static final double RATE = 1e-3;
  private static final int BATCH = 32;

  private final int iterations;

  SampledAdaRounder() {
    this(ITERATIONS);
  }

  /** With the learning rate raised as the number of iterations is lowered. */
  SampledAdaRounder(int iterations) {
    this.iterations = iterations;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the problem comes without samples
   */
  @Override
  public RoundingSolution solve(RoundingProblem problem, Control control) {
    LayerSamples layer = problem.samples();
    if (layer == null) {
      throw new IllegalArgumentException("adaround-samples needs a problem with samples");
    }
    Progress progress = new Progress(control, iterations);
    double rate = RATE * ITERATIONS / iterations;
    Relaxation relaxation = new Relaxation(problem, 0, problem.out(), iterations, rate);
    try (SampledLoss loss = new SampledLoss(problem, layer, progress)) {
      if (loss.size() > 0) {
        descend(problem, loss, relaxation, progress);
      }
    }
    Rounded rounded = new Rounded(problem);
    ParallelSteps.run(
        problem.out(),
        r -> {
          progress.check();
          RowProblem row = new RowProblem(problem, r, Reach.FLOOR_CEIL);
          rounded.keepBetter(r, row, relaxation.levels(r));
        });
    return rounded.solution();
  }

  private void descend(
      RoundingProblem problem, SampledLoss loss, Relaxation relaxation, Progress progress) {
    loss.aim();
    SplittableRandom random = new SplittableRandom(problem.seed());
    float[] weights = new float[problem.weights().length];
    float[] gradient = new float[weights.length];
    int[] batch = new int[BATCH];
    for (int iteration = 0; iteration < iterations; iteration++) {
      for (int i = 0; i < BATCH; i++) {
        batch[i] = random.nextInt(loss.size());
      }
      relaxation.weights(weights);
      loss.gradient(weights, batch, gradient);
      relaxation.descend(gradient, iteration);
      progress.step();
    }
  }
}
