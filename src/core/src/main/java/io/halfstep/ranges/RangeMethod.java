package io.halfstep.ranges;

import io.halfstep.failure.InvalidInputException;

/** How a clipping range is chosen ([W] §3.1). */
public sealed interface RangeMethod {
  /** The extremes. */
  record MinMax() implements RangeMethod {}

  /** The least mean squared error. */
  record Mse() implements RangeMethod {}

  /**
   * The values that a share of the data does not pass.
   *
   * @param percent in (50, 100]
   */
  record Percentile(double percent) implements RangeMethod {
    /**
     * @throws InvalidInputException if the percentage is out of range
     */
    public Percentile {
      if (!(percent > 50 && percent <= 100)) {
        throw new InvalidInputException(
            "percentile " + percent + ": expected more than 50 and at most 100, e.g. 99.99");
      }
    }
  }

  /**
   * Reads {@code minmax}, {@code mse} or {@code percentile:P}.
   *
   * @throws InvalidInputException for anything else
   */
  static RangeMethod parse(String text) {
    if (text.equals("minmax")) {
      return new MinMax();
    }
    if (text.equals("mse")) {
      return new Mse();
    }
    if (text.startsWith("percentile:")) {
      try {
        double percent = Double.parseDouble(text.substring("percentile:".length()));
        if (percent > 50 && percent <= 100) {
          return new Percentile(percent);
        }
      } catch (NumberFormatException e) {
        // said below
      }
    }
    throw new InvalidInputException(
        "range method '"
            + text
            + "': expected minmax, mse or percentile:P with 50 < P <= 100, e.g. percentile:99.99");
  }

  /** As {@link #parse} reads it. */
  default String label() {
    if (this instanceof Percentile p) {
      return "percentile:" + p.percent();
    }
    return this instanceof Mse ? "mse" : "minmax";
  }
}
