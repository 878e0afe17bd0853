package io.halfstep.ranges;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;
import org.jspecify.annotations.Nullable;

/**
 * The least {@code Σ |x − x̂|^p} of rounding to nearest ([N] eq. 7; [W] §3.1 with p = 2). A greater
 * p clips less. Never worse than min-max by this measure.
 */
public final class Lp implements RangeMethod {
  private static final double GREATEST = 4; // the powers of every float stay finite and normal

  private final Power power;

  /**
   * Creates the method.
   *
   * @param p from 1 to 4
   * @throws InvalidInputException if p is out of range
   */
  public Lp(double p) {
    if (!(p >= 1 && p <= GREATEST)) {
      throw new InvalidInputException("lp " + p + ": expected a number from 1 to 4, e.g. 2.4");
    }
    power = new Power(p);
  }

  /** Returns p. */
  public double exponent() {
    return power.exponent();
  }

  @Override
  public String label() {
    return "lp:" + exponent();
  }

  @Override
  public Affine ofWeights(WeightRow row, Grid grid, boolean symmetric) {
    return RangeSearch.least(grid, symmetric, row.low(), row.high(), row.error(grid, power), 1);
  }

  @Override
  public Affine ofActivation(ActivationStatistics observed, Grid grid, boolean symmetric) {
    return RangeSearch.least(
        grid,
        symmetric,
        observed.min(),
        observed.max(),
        new HistogramError(observed.histogram(), grid, exponent()),
        1);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Lp that && exponent() == that.exponent();
  }

  @Override
  public int hashCode() {
    return Double.hashCode(exponent());
  }

  @Override
  public String toString() {
    return label();
  }
}
