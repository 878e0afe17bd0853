package io.halfstep.learning;

import io.halfstep.quantizer.Encoding;
import io.halfstep.tensor.Tensor;

/**
 * The zero point of an activation whose grid is not symmetric (Bhalgat et al. 2020, LSQ+, arXiv
 * 2004.09576, eq. 6).
 */
final class LearnedZeroPoint implements Parameter {
  /** In steps per iteration. */
  private static final double RATE = 0.01;

  private final String tensor;
  private final LearnedZeroPoints zeroPoint;

  /**
   * @param tensor the activation
   * @param zeroPoint of its encoding
   */
  LearnedZeroPoint(String tensor, LearnedZeroPoints zeroPoint) {
    this.tensor = tensor;
    this.zeroPoint = zeroPoint;
  }

  @Override
  public String input() {
    return BlockModels.zeroPointOf(tensor);
  }

  @Override
  public Tensor value() {
    return Tensor.of(new float[] {zeroPoint.values()[0]}, 1);
  }

  @Override
  public void step(float[] gradient, double rate) {
    zeroPoint.add(0, gradient[0]);
    zeroPoint.step(RATE * rate);
  }

  /** Returns an encoding with the learned zero point. */
  Encoding encoding(Encoding of) {
    return of.with(of.scales(), zeroPoint.values());
  }
}
