package io.halfstep.gradient;

/** Adam (Kingma and Ba 2015, arXiv 1412.6980, algorithm 1) with its default decay rates. */
public final class Adam {
  private static final float FIRST = 0.9f;
  private static final float SECOND = 0.999f;
  private static final float EPSILON = 1e-12f;

  private final float[] mean;
  private final float[] square;
  private int steps;

  /** Starts with moments of 0. */
  public Adam(int variables) {
    this.mean = new float[variables];
    this.square = new float[variables];
  }

  /**
   * Moves the variables against their gradient.
   *
   * @param rate about how far each moves, if its gradients agree
   */
  public void step(float[] variables, float[] gradient, double rate) {
    steps++;
    float scale = (float) (rate / (1 - Math.pow(FIRST, steps)));
    float correction = (float) (1 / (1 - Math.pow(SECOND, steps)));
    for (int i = 0; i < variables.length; i++) {
      float g = gradient[i];
      mean[i] = FIRST * mean[i] + (1 - FIRST) * g;
      square[i] = SECOND * square[i] + (1 - SECOND) * g * g;
      variables[i] -= scale * mean[i] / ((float) Math.sqrt(square[i] * correction) + EPSILON);
    }
  }
}
