package io.halfstep.http;

import io.halfstep.failure.InvalidInputException;
import java.util.Map;

/** Reads parameters of a request. */
final class Parameters {
  private Parameters() {}

  /**
   * Returns a whole number.
   *
   * @param usual the value if it is not given
   * @param largest less than 10 000
   * @throws InvalidInputException if it is not a whole number from 1 to {@code largest}
   */
  static int wholeNumber(Map<String, String> parameters, String name, int usual, int largest) {
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

  /**
   * Returns whether a parameter is true; false if it is not given.
   *
   * @throws InvalidInputException if it is neither true nor false
   */
  static boolean flag(Map<String, String> parameters, String name) {
    String text = parameters.getOrDefault(name, "false");
    if (!text.equals("true") && !text.equals("false")) {
      throw new InvalidInputException(
          "parameter %s: found '%s', expected true or false".formatted(name, shortened(text)));
    }
    return text.equals("true");
  }

  /** Returns the beginning of what was sent, for a message. */
  static String shortened(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }
}
