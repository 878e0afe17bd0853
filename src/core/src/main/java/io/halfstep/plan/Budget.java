package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the weights of a network may cost, if each layer may have its own width.
 *
 * @param cost what is counted
 * @param table a CSV file that tells the cost of each layer; null unless that is counted
 * @param limit the most that it may be; null if a {@link Drop} decides
 */
public record Budget(Cost cost, @Nullable Path table, @Nullable BigDecimal limit) {
  private static final int LONGEST = 32;

  /** What a width costs. */
  public enum Cost {
    /** Bits per weight, on average over the weights of all quantized layers. */
    BITS("N", "a number from 2 to 8"),
    /** Bytes of all quantized weights in the file, with their scales and zero points. */
    SIZE("BYTES", "a number of bytes, e.g. 100k"),
    /**
     * Bit operations for one sample: multiplications × bits per weight × bits per activation, 32
     * for float ([H], HAWQ-V3).
     */
    BOPS("N", "a positive number, e.g. 2.5e9"),
    /** The sum over the layers of what a table says, in the unit of the table. */
    TABLE("FILE:N", "a CSV file and a positive number, e.g. cost.csv:250");

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
      return switch (this) {
        case BITS ->
            limit.compareTo(BigDecimal.valueOf(PlanSettings.LEAST_BITS)) >= 0
                && limit.compareTo(BigDecimal.valueOf(PlanSettings.MOST_BITS)) <= 0;
        case SIZE, BOPS ->
            limit.signum() > 0 && limit.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0;
        case TABLE -> limit.signum() > 0 && limit.compareTo(MOST_OF_TABLES) <= 0;
      };
    }
  }

  /** So that a millionth of the table's unit can be counted. */
  private static final BigDecimal MOST_OF_TABLES = new BigDecimal("1e12");

  /** What {@link #parse} reads. */
  static final String FORM =
      Arrays.stream(Cost.values())
          .map(cost -> cost.key() + "=" + cost.form)
          .collect(Collectors.joining("|"));

  /** Describes what {@link #parse} reads. */
  static final String EXPECTED =
      Arrays.stream(Cost.values())
          .map(cost -> cost.key() + "=" + cost.expected)
          .collect(Collectors.joining(", or ", "", "; without the number beside max-drop"));

  /**
   * @throws InvalidInputException if the limit is out of bounds
   */
  public Budget {
    limit = limit == null ? null : limit.stripTrailingZeros();
    if ((limit != null && !cost.allows(limit)) || (table == null) == (cost == Cost.TABLE)) {
      throw invalid(cost.key() + "=" + limit);
    }
  }

  /** Returns a budget of average bits per weight. */
  public static Budget bits(double average) {
    return new Budget(Cost.BITS, null, BigDecimal.valueOf(average));
  }

  /**
   * Reads {@code bits=3.5}, {@code size=100k}, {@code bops=2.5e9} or {@code table=cost.csv:250}, or
   * these without the limit: {@code bits}, {@code table=cost.csv}.
   *
   * @throws InvalidInputException for anything else
   */
  public static Budget parse(String text) {
    int equals = text.indexOf('=');
    String key = equals < 0 ? text : text.substring(0, equals);
    String value = equals < 0 ? null : text.substring(equals + 1).strip();
    try {
      for (Cost cost : Cost.values()) {
        if (cost.key().equals(key)) {
          return cost == Cost.TABLE && value != null
              ? table(value)
              : new Budget(cost, null, value == null ? null : cost.read(value));
        }
      }
    } catch (NumberFormatException | InvalidPathException e) {
      throw invalid(text);
    }
    throw invalid(text);
  }

  private static Budget table(String value) {
    int colon = value.lastIndexOf(':');
    String file = colon < 0 ? value : value.substring(0, colon);
    if (file.isBlank()) {
      throw invalid("table=" + value);
    }
    BigDecimal limit = colon < 0 ? null : Cost.TABLE.read(value.substring(colon + 1).strip());
    return new Budget(Cost.TABLE, Path.of(file), limit);
  }

  private static InvalidInputException invalid(String text) {
    return new InvalidInputException("budget '%s': expected %s".formatted(text, EXPECTED));
  }

  /** As {@link #parse} reads it. */
  @Override
  public String toString() {
    String counted = table == null ? cost.key() : cost.key() + "=" + table;
    if (limit == null) {
      return counted;
    }
    return counted
        + (table == null ? "=" : ":")
        + (cost == Cost.SIZE ? limit.toPlainString() : limit.toString());
  }
}
