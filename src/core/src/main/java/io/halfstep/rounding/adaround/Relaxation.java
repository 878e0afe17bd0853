package io.halfstep.rounding.adaround;

import io.halfstep.quantizer.Encoding;
import io.halfstep.rounding.RoundingProblem;

/**
 * The continuous relaxation of [A] eq. 21–25 for some rows, optimised by Adam: {@code W̃ = s ·
 * clamp(⌊W/s⌋ + h(V), n, p)} with the rectified sigmoid {@code h(V) = clip(σ(V)(ζ − γ) + γ, 0, 1)}
 * and the regularizer {@code λ Σ (1 − |2h(V) − 1|^β)}, which drives {@code h} to 0 or 1.
 */
final class Relaxation {
  private static final double ZETA = 1.1;
  private static final double GAMMA = -0.1;
  private static final double LAMBDA = 0.01;
  private static final double WARM = 0.2;
  private static final double FIRST_BETA = 20;
  private static final double LAST_BETA = 2;
  private static final double DECAY_1 = 0.9;
  private static final double DECAY_2 = 0.999;
  private static final double EPSILON = 1e-8;

  private final int k;
  private final int iterations;
  private final double rate;
  private final int[] lowest;
  private final int[] highest;
  private final double[] step;
  private final float[] weight;
  private final int[] floor;
  private final double[] v;
  private final double[] momentum;
  private final double[] variance;

  /** Rows {@code [from, to)} of a problem; {@code V} starts where {@code W̃ = W}. */
  Relaxation(RoundingProblem problem, int from, int to, int iterations, double rate) {
    this.iterations = iterations;
    this.rate = rate;
    k = problem.k();
    int size = (to - from) * k;
    lowest = new int[size];
    highest = new int[size];
    step = new double[size];
    weight = new float[size];
    floor = new int[size];
    v = new double[size];
    momentum = new double[size];
    variance = new double[size];
    spread(problem.encoding(), from, to);
    for (int i = 0; i < size; i++) {
      weight[i] = problem.weights()[from * k + i];
      if (weight[i] == 0 && problem.keepsZeros()) {
        lowest[i] = 0;
        highest[i] = 0;
      }
      if (problem.pairs() != null) {
        int limit = problem.pairs().limit(from * k + i, step[i]);
        lowest[i] = Math.max(lowest[i], -limit);
        highest[i] = Math.min(highest[i], limit);
      }
      double level = weight[i] / step[i];
      double whole = Math.max(-1e9, Math.min(1e9, Math.floor(level)));
      floor[i] = (int) whole;
      double fraction = Math.max(1e-4, Math.min(1 - 1e-4, level - whole));
      v[i] = -Math.log((ZETA - GAMMA) / (fraction - GAMMA) - 1);
    }
  }

  private void spread(Encoding encoding, int from, int to) {
    float[] steps = new float[k];
    int[] zeros = new int[k];
    for (int row = from; row < to; row++) {
      encoding.spread(row, steps, zeros);
      for (int j = 0; j < k; j++) {
        step[(row - from) * k + j] = steps[j];
        lowest[(row - from) * k + j] = encoding.grid().lowest() - zeros[j];
        highest[(row - from) * k + j] = encoding.grid().highest() - zeros[j];
      }
    }
  }

  /** {@code W̃ − W}. */
  void displacements(float[] to) {
    for (int i = 0; i < v.length; i++) {
      double level = floor[i] + rectified(sigmoid(v[i]));
      to[i] = (float) (step[i] * clamp(level, i) - weight[i]);
    }
  }

  /** {@code W̃}. */
  void weights(float[] to) {
    displacements(to);
    for (int i = 0; i < v.length; i++) {
      to[i] += weight[i];
    }
  }

  /**
   * A step of Adam.
   *
   * @param gradient of the reconstruction error with respect to {@code W̃}
   * @param iteration from 0
   */
  void descend(float[] gradient, int iteration) {
    double progress = (double) iteration / iterations;
    boolean regularized = progress >= WARM;
    double beta = FIRST_BETA + (LAST_BETA - FIRST_BETA) * (progress - WARM) / (1 - WARM);
    double bias1 = 1 - Math.pow(DECAY_1, iteration + 1);
    double bias2 = Math.sqrt(1 - Math.pow(DECAY_2, iteration + 1));
    for (int i = 0; i < v.length; i++) {
      double sigma = sigmoid(v[i]);
      double h = rectified(sigma);
      double slope = h > 0 && h < 1 ? sigma * (1 - sigma) * (ZETA - GAMMA) : 0;
      double g = 0;
      if (slope != 0) {
        double level = floor[i] + h;
        g = clamp(level, i) == level ? gradient[i] * step[i] : 0;
        if (regularized) {
          double signed = 2 * h - 1;
          g -= LAMBDA * 2 * beta * Math.signum(signed) * Math.pow(Math.abs(signed), beta - 1);
        }
        g *= slope;
      }
      momentum[i] = DECAY_1 * momentum[i] + (1 - DECAY_1) * g;
      variance[i] = DECAY_2 * variance[i] + (1 - DECAY_2) * g * g;
      v[i] -= rate / bias1 * momentum[i] / (Math.sqrt(variance[i]) / bias2 + EPSILON);
    }
  }

  /** Returns the levels of a row (counted from {@code from}): up where {@code V ≥ 0}. */
  int[] levels(int row) {
    int[] levels = new int[k];
    for (int j = 0; j < k; j++) {
      int i = row * k + j;
      levels[j] = (int) clamp(floor[i] + (v[i] >= 0 ? 1 : 0), i);
    }
    return levels;
  }

  private double clamp(double level, int i) {
    return Math.max(lowest[i], Math.min(highest[i], level));
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double rectified(double sigma) {
    return Math.max(0, Math.min(1, sigma * (ZETA - GAMMA) + GAMMA));
  }
}
