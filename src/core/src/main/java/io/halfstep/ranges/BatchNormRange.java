package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;

/**
 * The range that the batch norms before a layer imply ([D] §5): 6 deviations around the mean,
 * within the bounds of the activation function. For activations only.
 */
public record BatchNormRange() implements ActivationRangeMethod {
  @Override
  public String label() {
    return "batch-norm";
  }

  /** Returns the method for an implied range. */
  public ActivationRangeMethod given(double least, double greatest) {
    return new Between(label(), least, greatest);
  }

  /** Has the least squared error: nothing is implied. */
  @Override
  public Affine ofActivation(ActivationStatistics observed, Grid grid, boolean symmetric) {
    return new RangeMethod.Mse().ofActivation(observed, grid, symmetric);
  }
}
