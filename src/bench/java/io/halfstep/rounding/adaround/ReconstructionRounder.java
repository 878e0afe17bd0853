package io.halfstep.rounding.adaround;

import io.halfstep.rounding.LayerSamples;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.row.RoundedRows;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.tensor.ClipFunction;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Learns a rounding from stored samples ([A] eq. 25), with fewer iterations than the paper's and a
 * learning rate as much higher. Unlike other solvers, it returns what it learned even where
 * rounding to nearest has the smaller error.
 *
 * @param kind what is learned
 * @param iterations each with a batch of {@value #BATCH} samples
 */
public record ReconstructionRounder(LearnedRounding.Kind kind, int iterations) implements Rounder {
  private static final int BATCH = 32;

  @Override
  public boolean usesSamples(ClipFunction activation) {
    return true;
  }

  @Override
  public Rounder ofPieces() {
    throw new IllegalArgumentException("rows cut into pieces, expected whole ones");
  }

  @Override
  public RoundingSolution solve(RoundingProblem problem, RoundingControl control) {
    LayerSamples samples = problem.samples();
    if (samples == null) {
      throw new IllegalArgumentException("a problem without samples, expected one with them");
    }
    LearnedRounding learned = kind.of(problem, iterations);
    SplittableRandom random = new SplittableRandom(problem.seed());
    float[] weights = new float[problem.weights().length];
    float[] gradient = new float[weights.length];
    int[] batch = new int[BATCH];
    SolverProgress progress = new SolverProgress(control, iterations);
    try (SampledLoss loss = new SampledLoss(problem, samples, progress)) {
      loss.aim();
      for (int iteration = 0; iteration < iterations; iteration++) {
        Arrays.setAll(batch, i -> random.nextInt(loss.size()));
        learned.weights(weights);
        loss.gradient(weights, batch, gradient);
        learned.descend(gradient, iteration);
        progress.step();
      }
    }
    RoundedRows rounded = new RoundedRows(problem);
    for (int row = 0; row < problem.out(); row++) {
      rounded.keep(row, new RowProblem(problem, row, Reach.GRID), learned.levels(row));
    }
    return rounded.solution();
  }
}
