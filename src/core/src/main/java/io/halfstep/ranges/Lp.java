package io.halfstep.ranges;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;
import org.jspecify.annotations.Nullable;

/**
 * The least {@code Σ |x − x̂|^p} of rounding to nearest ([N] eq. 7; [W] §3.1 with p = 2). A greater p
 * clips less. Never worse than min-max by this measure.
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
    if (row.low() == row.high()) {
      return new MinMax().ofWeights(row, grid, symmetric);
    }
    WeightError error = row.error(grid, power);
    return symmetric
        ? RangeSearch.symmetric(grid, row.low(), row.high(), error)
        : RangeSearch.asymmetric(grid, row.low(), row.high(), error);
  }

  @Override
  public Affine ofActivation(ActivationStatistics observed, Grid grid) {
    double low = Math.min(0, observed.min());
    double high = Math.max(0, observed.max());
    if (low == high) {
      return Affine.asymmetric(grid, low, high);
    }
    return RangeSearch.asymmetric(
        grid, low, high, new HistogramError(observed.histogram(), grid, exponent()));
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
