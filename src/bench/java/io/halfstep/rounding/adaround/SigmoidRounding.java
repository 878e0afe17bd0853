package io.halfstep.rounding.adaround;

import io.halfstep.gradient.Adam;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.row.RowProblem;

/**
 * Between the level below and the one above with {@code h = σ(V/T)} ([A] §3.2 and Table 3). Either
 * the regularizer of [A] eq. 24 drives h to 0 or 1, with T = 1, or T falls from 1 to 0.001, by the
 * same factor in each step.
 */
final class SigmoidRounding implements LearnedRounding {
  private static final double LAMBDA = 0.01;
  private static final double WARM = 0.2;
  private static final double FIRST_BETA = 20;
  private static final double LAST_BETA = 2;
  private static final double LAST_TEMPERATURE = 0.001;

  private final int k;
  private final int iterations;
  private final double rate;
  private final boolean annealed;
  private final int[] lowest;
  private final int[] highest;
  private final float[] step;
  private final float[] v;
  private final float[] gradient;
  private final Adam adam;
  private double temperature = 1;

  SigmoidRounding(RoundingProblem problem, int iterations, double rate, boolean annealed) {
    this.rate = rate;
    this.iterations = iterations;
    this.annealed = annealed;
    k = problem.k();
    int size = problem.out() * k;
    lowest = new int[size];
    highest = new int[size];
    step = new float[size];
    v = new float[size];
    gradient = new float[size];
    adam = new Adam(size);
    for (int row = 0; row < problem.out(); row++) {
      RowProblem of = new RowProblem(problem, row, Reach.FLOOR_CEIL);
      for (int j = 0; j < k; j++) {
        int i = row * k + j;
        lowest[i] = of.lowest[j];
        highest[i] = of.highest[j];
        step[i] = (float) of.step[j];
        double fraction = of.weight[j] / of.step[j] - lowest[i];
        fraction = Math.max(1e-4, Math.min(1 - 1e-4, fraction));
        v[i] = (float) Math.log(fraction / (1 - fraction));
      }
    }
  }

  @Override
  public void weights(float[] to) {
    for (int i = 0; i < v.length; i++) {
      to[i] = (float) (step[i] * (lowest[i] + (highest[i] - lowest[i]) * h(i)));
    }
  }

  @Override
  public void descend(float[] ofWeights, int iteration) {
    double progress = (double) iteration / iterations;
    double beta = FIRST_BETA + (LAST_BETA - FIRST_BETA) * (progress - WARM) / (1 - WARM);
    for (int i = 0; i < v.length; i++) {
      double h = h(i);
      double g = ofWeights[i] * step[i] * (highest[i] - lowest[i]);
      if (!annealed && progress >= WARM) {
        double signed = 2 * h - 1;
        g -= LAMBDA * 2 * beta * Math.signum(signed) * Math.pow(Math.abs(signed), beta - 1);
      }
      gradient[i] = (float) (g * h * (1 - h) / temperature);
    }
    adam.step(v, gradient, rate);
    if (annealed) {
      temperature = Math.pow(LAST_TEMPERATURE, (iteration + 1.0) / iterations);
    }
  }

  private double h(int i) {
    return 1 / (1 + Math.exp(-v[i] / temperature));
  }

  @Override
  public int[] levels(int row) {
    int[] levels = new int[k];
    for (int j = 0; j < k; j++) {
      int i = row * k + j;
      levels[j] = v[i] >= 0 ? highest[i] : lowest[i];
    }
    return levels;
  }
}
