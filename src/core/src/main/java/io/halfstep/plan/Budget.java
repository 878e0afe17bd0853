package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What the weights of a network may cost, if each layer may have its own width.
 *
 * @param cost what is counted
 * @param limit the most that it may be
 */
public record Budget(Cost cost, BigDecimal limit) {
  private static final int LONGEST = 32;

  /** What a width costs. */
  public enum Cost {
    /** Bits per weight, on average over the weights of all quantized layers. */
    BITS("BITS", "a number from 2 to 8"),
    /** Bytes of all quantized weights in the file, with their scales and zero points. */
    SIZE("BYTES", "a number of bytes, e.g. 100k"),
    /**
     * Bit operations for one sample: multiplications × bits per weight × bits per activation, 32
     * for float ([H], HAWQ-V3).
     */
    BOPS("NUMBER", "a positive number, e.g. 2.5e9");

    private final String form;
    private final String expected;

    Cost(String form, String expected) {
      this.form = form;
      this.expected = expected;
    }

    String key() {
      return name().toLowerCase(Locale.ROOT);
    }

    private BigDecimal read(String text) {
      return this == SIZE
          ? BigDecimal.valueOf(ByteSize.parse(text))
          : new BigDecimal(text.length() > LONGEST ? "" : text);
    }

    private boolean allows(BigDecimal limit) {
      return this == BITS
          ? limit.compareTo(BigDecimal.valueOf(PlanSettings.LEAST_BITS)) >= 0
              && limit.compareTo(BigDecimal.valueOf(PlanSettings.MOST_BITS)) <= 0
          : limit.signum() > 0 && limit.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0;
    }
  }

  /** What {@link #parse} reads. */
  static final String FORM =
      Arrays.stream(Cost.values())
          .map(cost -> cost.key() + "=" + cost.form)
          .collect(Collectors.joining("|"));

  /** Describes what {@link #parse} reads. */
  static final String EXPECTED =
      Arrays.stream(Cost.values())
          .map(cost -> cost.key() + "=" + cost.expected)
          .collect(Collectors.joining(", or "));

  /**
   * @throws InvalidInputException if the limit is out of bounds
   */
  public Budget {
    limit = limit.stripTrailingZeros();
    if (!cost.allows(limit)) {
      throw invalid(cost.key() + "=" + limit);
    }
  }

  /** Returns a budget of average bits per weight. */
  public static Budget bits(double average) {
    return new Budget(Cost.BITS, BigDecimal.valueOf(average));
  }

  /**
   * Reads {@code bits=3.5}, {@code size=100k} or {@code bops=2.5e9}.
   *
   * @throws InvalidInputException for anything else
   */
  public static Budget parse(String text) {
    for (Cost cost : Cost.values()) {
      String key = cost.key() + "=";
      if (text.startsWith(key)) {
        try {
          return new Budget(cost, cost.read(text.substring(key.length()).strip()));
        } catch (NumberFormatException e) {
          throw invalid(text);
        }
      }
    }
    throw invalid(text);
  }

  private static InvalidInputException invalid(String text) {
    return new InvalidInputException("budget '%s': expected %s".formatted(text, EXPECTED));
  }

  /** As {@link #parse} reads it. */
  @Override
  public String toString() {
    return cost.key() + "=" + (cost == Cost.SIZE ? limit.toPlainString() : limit.toString());
  }
}
