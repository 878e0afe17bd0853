package io.halfstep.http;

import io.halfstep.failure.InvalidInputException;
import java.util.Map;

/** A parameter of a request that is a whole number. */
final class WholeNumber {
  private WholeNumber() {}

  /**
   * Returns a parameter's value.
   *
   * @param usual the value if it is not given
   * @param largest less than 10 000
   * @throws InvalidInputException if it is not a whole number from 1 to {@code largest}
   */
  static int of(Map<String, String> parameters, String name, int usual, int largest) {
    String text = parameters.get(name);
    if (text == null) {
      return usual;
    }
    int number = text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
    if (number < 1 || number > largest) {
      throw new InvalidInputException(
          "parameter %s: found '%s', expected a whole number from 1 to %d"
              .formatted(name, shortened(text), largest));
    }
    return number;
  }

  /** Returns the beginning of what was sent, for a message. */
  static String shortened(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }
}
