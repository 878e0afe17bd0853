package io.halfstep.rounding.adaround;

import io.halfstep.gradient.Adam;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.row.RowProblem;

/**
 * Weights that are rounded to the nearest level of the grid, with the gradient of the identity
 * (straight-through, [A] Table 5). They may move further than to the two levels beside them.
 */
final class StraightThrough implements LearnedRounding {
  /** In steps of the grid; it falls to 0. */
  private static final double RATE_TIMES_ITERATIONS = 3;

  private final int k;
  private final int iterations;
  private final int[] lowest;
  private final int[] highest;
  private final float[] step;
  // in steps of the grid
  private final float[] level;
  private final float[] gradient;
  private final Adam adam;

  StraightThrough(RoundingProblem problem, int iterations) {
    this.iterations = iterations;
    k = problem.k();
    int size = problem.out() * k;
    lowest = new int[size];
    highest = new int[size];
    step = new float[size];
    level = new float[size];
    gradient = new float[size];
    adam = new Adam(size);
    for (int row = 0; row < problem.out(); row++) {
      RowProblem of = new RowProblem(problem, row, Reach.GRID);
      for (int j = 0; j < k; j++) {
        int i = row * k + j;
        lowest[i] = of.lowest[j];
        highest[i] = of.highest[j];
        step[i] = (float) of.step[j];
        level[i] = (float) (of.weight[j] / of.step[j]);
      }
    }
  }

  @Override
  public void weights(float[] to) {
    for (int i = 0; i < level.length; i++) {
      to[i] = step[i] * rounded(i);
    }
  }

  @Override
  public void descend(float[] ofWeights, int iteration) {
    for (int i = 0; i < level.length; i++) {
      boolean inside = level[i] >= lowest[i] && level[i] <= highest[i];
      gradient[i] = inside ? ofWeights[i] * step[i] : 0;
    }
    double left = 1 - (double) iteration / iterations;
    adam.step(level, gradient, RATE_TIMES_ITERATIONS / iterations * left);
  }

  private int rounded(int i) {
    return (int) Math.max(lowest[i], Math.min(highest[i], Math.rint(level[i])));
  }

  @Override
  public int[] levels(int row) {
    int[] levels = new int[k];
    for (int j = 0; j < k; j++) {
      levels[j] = rounded(row * k + j);
    }
    return levels;
  }
}
