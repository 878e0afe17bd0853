package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.SampleStatistics;
import io.halfstep.statistics.SampledRows;

/**
 * The least cross-entropy {@code H(softmax(v), softmax(v̂))} of logits v ([W] §3.1), for the output
 * of a classifier, over samples of up to {@value #BYTES} bytes. Never worse than min-max by this
 * measure. The classes lie along axis 1 of segmentations {@code [N, classes, H, W]}, and along the
 * last axis of other tensors. For activations only.
 */
public record CrossEntropy() implements SampledRangeMethod {
  private static final long BYTES = 1 << 20;

  @Override
  public String label() {
    return "cross-entropy";
  }

  @Override
  public SampleStatistics observer(long seed) {
    return new SampledRows(BYTES, seed);
  }

  @Override
  public ActivationRangeMethod given(SampleStatistics observed) {
    return observed instanceof SampledRows samples ? new OfLogits(samples) : this;
  }

  /** Has the least squared error. */
  @Override
  public Affine ofActivation(ActivationStatistics observed, Grid grid, boolean symmetric) {
    return new RangeMethod.Mse().ofActivation(observed, grid, symmetric);
  }

  private record OfLogits(SampledRows samples) implements ActivationRangeMethod {
    @Override
    public String label() {
      return new CrossEntropy().label();
    }

    @Override
    public Affine ofActivation(ActivationStatistics observed, Grid grid, boolean symmetric) {
      return RangeSearch.least(
          grid, symmetric, observed.min(), observed.max(), new LogitError(samples.rows(), grid), 1);
    }
  }
}
