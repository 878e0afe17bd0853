package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses amounts of memory. */
public final class ByteSize {
  private static final String UNITS = "kmgt";
  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,19}(?:\\.\\d{1,9})?)\\s*([" + UNITS + "]?)(?:i?b)?");

  private ByteSize() {}

  /**
   * Parses a number of bytes: {@code 536870912}, {@code 512m}, {@code 1.5g}, {@code 2GiB}. Units
   * are powers of 1024; case does not matter.
   *
   * @throws InvalidInputException if the text is anything else, less than a byte, or more than a
   *     long holds
   */
  public static long parse(String text) {
    Matcher size = SIZE.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (size.matches()) {
      int power = size.group(2).isEmpty() ? 0 : UNITS.indexOf(size.group(2)) + 1;
      BigDecimal bytes =
          new BigDecimal(size.group(1)).multiply(BigDecimal.valueOf(1L << (10 * power)));
      if (bytes.compareTo(BigDecimal.ONE) >= 0
          && bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0) {
        return bytes.longValue();
      }
    }
    throw new InvalidInputException(
        "memory '" + text + "': expected a number of bytes, e.g. 536870912, 512m or 2g");
  }
}
