package io.halfstep.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.halfstep.failure.InvalidInputException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads the current value of a JSON parser and checks its type. */
final class JsonValues {
  private JsonValues() {}

  static void expect(boolean holds, JsonParser json, String where, String expected)
      throws IOException {
    if (!holds) {
      throw new InvalidInputException(
          "%s: found %s, expected %s".formatted(where, describe(json), expected));
    }
  }

  /** Describes a value in a few words, for messages. */
  static String describe(JsonParser json) throws IOException {
    JsonToken token = json.currentToken();
    if (token == null) {
      return "nothing";
    }
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
        String text = json.getText();
        yield text.length() <= 40 ? text : text.substring(0, 40) + "…";
      }
      default -> String.valueOf(token.asString());
    };
  }

  static String string(JsonParser json, String where) throws IOException {
    expect(json.currentToken() == JsonToken.VALUE_STRING, json, where, "a string");
    return json.getText();
  }

  static long integer(JsonParser json, String where, long least, long greatest) throws IOException {
    boolean fits =
        json.currentToken() == JsonToken.VALUE_NUMBER_INT
            && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER
            && json.getLongValue() >= least
            && json.getLongValue() <= greatest;
    expect(fits, json, where, "a whole number from " + least + " to " + greatest);
    return json.getLongValue();
  }

  /** Reads an object of strings, numbers ({@code Long}, {@code Double}) and booleans. */
  static Map<String, Object> parameters(JsonParser json, String where) throws IOException {
    expect(json.currentToken() == JsonToken.START_OBJECT, json, where, "an object");
    Map<String, Object> values = new LinkedHashMap<>();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      String field = where + ": '" + name + "'";
      JsonToken token = json.nextToken();
      switch (token) {
        case VALUE_STRING -> values.put(name, json.getText());
        case VALUE_TRUE, VALUE_FALSE -> values.put(name, token == JsonToken.VALUE_TRUE);
        case VALUE_NUMBER_INT ->
            values.put(name, integer(json, field, Long.MIN_VALUE, Long.MAX_VALUE));
        case VALUE_NUMBER_FLOAT -> values.put(name, json.getDoubleValue());
        case VALUE_NULL -> {} // as if it were missing
        default -> expect(false, json, field, "a string, a number or a boolean");
      }
    }
    return values;
  }
}
