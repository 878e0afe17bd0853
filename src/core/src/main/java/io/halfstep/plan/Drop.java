package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a network may lose by fewer bits, as measured on samples that were held back.
 *
 * @param unit of the amount
 * @param amount not negative
 */
public record Drop(Unit unit, BigDecimal amount) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,3}(?:\\.\\d{1,9})?)\\s*(d[bB]|%)");
  private static final BigDecimal ALL = BigDecimal.valueOf(100);

  static final String EXPECTED = "decibels or percent, e.g. 1dB or 0.5%";

  /** How a loss is measured. */
  public enum Unit {
    /** dB of the outputs' SQNR, against the network with the widths that lose least. */
    DECIBELS("dB"),
    /** Percent of the predictions, which differ from the float network's. */
    PERCENT("%");

    private final String symbol;

    Unit(String symbol) {
      this.symbol = symbol;
    }
  }

  /**
   * @throws InvalidInputException if the amount is out of bounds
   */
  public Drop {
    amount = amount.stripTrailingZeros();
    if (amount.signum() < 0 || (unit == Unit.PERCENT && amount.compareTo(ALL) > 0)) {
      throw invalid(amount.toPlainString() + unit.symbol);
    }
  }

  /**
   * Reads {@code 1dB} or {@code 0.5%}.
   *
   * @throws InvalidInputException for anything else
   */
  public static Drop parse(String text) {
    Matcher drop = FORM.matcher(text.strip());
    if (!drop.matches()) {
      throw invalid(text);
    }
    return new Drop(
        drop.group(2).equals("%") ? Unit.PERCENT : Unit.DECIBELS, new BigDecimal(drop.group(1)));
  }

  private static InvalidInputException invalid(String text) {
    return new InvalidInputException("max-drop '%s': expected %s".formatted(text, EXPECTED));
  }

  /** As {@link #parse} reads it. */
  @Override
  public String toString() {
    return amount.toPlainString() + unit.symbol;
  }
}
