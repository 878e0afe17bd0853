package io.halfstep.learning;

import io.halfstep.tensor.Tensor;

/** Variables that are learned together: the student reads their values as one of its inputs. */
interface Parameter {
  /** Returns the name of the student's input. */
  String input();

  /** Returns the value for the next iteration. */
  Tensor value();

  /**
   * Moves the variables against the gradient of the loss.
   *
   * @param gradient with respect to {@link #value}, of its shape
   * @param rate in proportion to the usual rate of the first iteration
   */
  void step(float[] gradient, double rate);
}
