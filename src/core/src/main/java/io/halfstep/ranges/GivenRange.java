package io.halfstep.ranges;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;

/** An encoding that is given, whatever the values are. */
public record GivenRange(Encoding encoding) implements ActivationRangeMethod, WeightRangeMethod {
  @Override
  public String label() {
    return "given";
  }

  @Override
  public Affine ofActivation(ActivationStatistics observed, Grid grid, boolean symmetric) {
    return first();
  }

  /** Returns the first scale and zero point; {@link #encoding} has those of all rows. */
  @Override
  public Affine ofWeights(WeightRow row, Grid grid, boolean symmetric) {
    return first();
  }

  private Affine first() {
    return new Affine(encoding.scales()[0], encoding.zeroPoints()[0]);
  }
}
