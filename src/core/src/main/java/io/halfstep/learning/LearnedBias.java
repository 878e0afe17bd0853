package io.halfstep.learning;

import io.halfstep.gradient.Adam;
import io.halfstep.tensor.Tensor;

/** A layer's bias. Its variables are in units of the root of the bias's mean square. */
final class LearnedBias implements Parameter {
  private static final double RATE = 3e-3;

  private final String input;
  private final Tensor start;
  private final float unit;
  private final float[] shift;
  private final float[] scaled;
  private final Adam adam;

  /**
   * @param layer the layer's name
   * @param start the bias before learning
   */
  LearnedBias(String layer, Tensor start) {
    this.input = BlockModels.biasOf(layer);
    this.start = start;
    double squares = 0;
    for (float b : start.floats()) {
      squares += (double) b * b;
    }
    this.unit = (float) Math.sqrt(squares / start.size());
    this.shift = new float[start.size()];
    this.scaled = new float[start.size()];
    this.adam = new Adam(start.size());
  }

  @Override
  public String input() {
    return input;
  }

  @Override
  public Tensor value() {
    float[] bias = start.floats().clone();
    for (int i = 0; i < bias.length; i++) {
      bias[i] += shift[i] * unit;
    }
    return Tensor.of(bias, start.shape());
  }

  @Override
  public void step(float[] gradient, double rate) {
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = gradient[i] * unit;
    }
    adam.step(shift, scaled, RATE * rate);
  }
}
