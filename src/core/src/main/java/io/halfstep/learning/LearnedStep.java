package io.halfstep.learning;

import io.halfstep.gradient.Adam;
import io.halfstep.quantizer.Encoding;
import io.halfstep.tensor.Tensor;

/** The step of an activation as {@code s = s₀·exp(θ)}. */
final class LearnedStep implements Parameter {
  private static final double RATE = 1e-3;

  private final String tensor;
  private final Encoding start;
  private final float[] theta = new float[1];
  private final Adam adam = new Adam(1);

  /**
   * @param tensor the activation
   * @param start its encoding before learning
   */
  LearnedStep(String tensor, Encoding start) {
    this.tensor = tensor;
    this.start = start;
  }

  /** Returns the activation's name. */
  String tensor() {
    return tensor;
  }

  @Override
  public String input() {
    return BlockModels.stepOf(tensor);
  }

  private float step() {
    return (float) (start.scale(0) * Math.exp(theta[0]));
  }

  @Override
  public Tensor value() {
    return Tensor.of(new float[] {step()}, 1);
  }

  @Override
  public void step(float[] gradient, double rate) {
    adam.step(theta, new float[] {gradient[0] * step()}, RATE * rate);
  }

  /** Returns the encoding with the learned step, and the zero point as it was. */
  Encoding encoding() {
    return start.with(new float[] {step()}, start.zeroPoints());
  }
}
