package io.halfstep.rounding.adaround;

import io.halfstep.rounding.LayerSamples;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.row.ParallelSteps;
import io.halfstep.rounding.row.RoundedRows;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.tensor.ClipFunction;
import java.util.SplittableRandom;

/**
 * AdaRound as published ([A] eq. 25): stochastic gradient descent on stored samples, 32 at a time,
 * with the error taken after the activation function. It is the reference for the other solvers and
 * much slower than they are.
 */
public final class SampledAdaRounder implements Rounder {
  private static final int ITERATIONS = 10_000;
  private static final double RATE = 1e-3;
  private static final int BATCH = 32;

  private final int iterations;

  /** With the paper's number of iterations and learning rate. */
  public SampledAdaRounder() {
    this(ITERATIONS);
  }

  /** With a learning rate inversely proportional to the number of iterations. */
  public SampledAdaRounder(int iterations) {
    this.iterations = iterations;
  }

  @Override
  public boolean usesSamples(ClipFunction activation) {
    return true;
  }

  @Override
  public Rounder ofPieces() {
    return new AdaRounder();
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the problem has no samples
   */
  @Override
  public RoundingSolution solve(RoundingProblem problem, RoundingControl control) {
    LayerSamples layer = problem.samples();
    if (layer == null) {
      throw new IllegalArgumentException("adaround-samples needs a problem with samples");
    }
    SolverProgress progress = new SolverProgress(control, iterations);
    double rate = RATE * ITERATIONS / iterations;
    Relaxation relaxation = new Relaxation(problem, 0, problem.out(), iterations, rate);
    try (SampledLoss loss = new SampledLoss(problem, layer, progress)) {
      if (loss.size() > 0) {
        descend(problem, loss, relaxation, progress);
      }
    }
    RoundedRows rounded = new RoundedRows(problem);
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
      RoundingProblem problem, SampledLoss loss, Relaxation relaxation, SolverProgress progress) {
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
