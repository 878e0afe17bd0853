package io.halfstep.plan;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigValue;
import io.halfstep.failure.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An object of a HOCON file, read key by key. Each mistake becomes an {@link InvalidInputException}
 * that names file, line and key, what was found, and what was expected.
 */
public final class Section {
  private final ConfigObject object;
  private final String prefix;
  private final Set<String> known = new TreeSet<>();

  /**
   * @param prefix the path of this object from the root of the file, for messages, e.g. {@code
   *     layers[0].}
   */
  public Section(ConfigObject object, String prefix) {
    this.object = object;
    this.prefix = prefix;
  }

  /**
   * Reads a scalar.
   *
   * @param expected describes the valid values
   * @param parser parses the scalar's text; returns null or throws an InvalidInputException if it
   *     is invalid
   */
  public <T> Optional<T> read(String key, String expected, Function<String, @Nullable T> parser) {
    ConfigValue value = get(key);
    return value == null
        ? Optional.empty()
        : Optional.of(parse(key, value, text(value), expected, parser));
  }

  Optional<String> text(String key) {
    return read(key, "a text", text -> text.isBlank() ? null : text);
  }

  /** Reads a whole number from least to most. */
  public Optional<Long> number(String key, long least, long most) {
    Syntax<Long> syntax = Syntax.wholeLong("N", least, most);
    return read(key, syntax.expected(), syntax::read);
  }

  /** Reads a scalar or a list of scalars like {@link #read}; empty if the key is missing. */
  public <T> List<T> all(String key, String expected, Function<String, @Nullable T> parser) {
    if (!(object.get(key) instanceof ConfigList list)) {
      return read(key, expected, parser).stream().toList();
    }
    known.add(key);
    List<T> all = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      String element = key + "[" + i + "]";
      all.add(parse(element, list.get(i), text(list.get(i)), expected, parser));
    }
    return all;
  }

  /** Reads a list of objects; empty if the key is missing. */
  List<Section> sections(String key) {
    ConfigValue value = get(key);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof ConfigList list)) {
      throw wrong(key, value, "a list of objects in [ ]");
    }
    List<Section> sections = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      String element = key + "[" + i + "]";
      if (!(list.get(i) instanceof ConfigObject child)) {
        throw wrong(element, list.get(i), "an object in { }");
      }
      sections.add(new Section(child, prefix + element + "."));
    }
    return sections;
  }

  /** Returns the object at this key, if there is one. */
  public Optional<Section> section(String key) {
    if (object.get(key) instanceof ConfigObject child) {
      known.add(key);
      return Optional.of(new Section(child, prefix + key + "."));
    }
    return Optional.empty();
  }

  /** Returns the object at this key, which is required. */
  public Section object(String key) {
    ConfigValue value = get(key);
    if (value instanceof ConfigObject child) {
      return new Section(child, prefix + key + ".");
    }
    String expected = "an object in { }";
    throw value == null ? missing(key, expected) : wrong(key, value, expected);
  }

  /**
   * Checks, after everything was read, that no keys are left.
   *
   * @throws InvalidInputException if there is an unknown key
   */
  public void rejectOtherKeys() {
    for (var entry : new TreeMap<>(object).entrySet()) {
      String key = entry.getKey();
      if (!known.contains(key)) {
        String hint =
            Suggestion.among(known, key)
                .map(meant -> "did you mean " + meant + "?")
                .orElseGet(() -> "expected one of " + String.join(", ", known));
        throw new InvalidInputException(
            location(entry.getValue().origin()) + prefix + key + ": unknown key, " + hint);
      }
    }
  }

  /**
   * Rejects a key that is valid elsewhere, but not here.
   *
   * @throws InvalidInputException if the key is present
   */
  void refuse(String key, String why) {
    ConfigValue value = object.get(key);
    if (value != null) {
      throw new InvalidInputException(location(value.origin()) + prefix + key + ": " + why);
    }
  }

  /** Returns the exception for a missing key. */
  InvalidInputException missing(String key, String expected) {
    return new InvalidInputException(
        location(object.origin()) + prefix + key + ": missing, expected " + expected);
  }

  private @Nullable ConfigValue get(String key) {
    known.add(key);
    return object.get(key);
  }

  private <T> T parse(
      String key,
      ConfigValue value,
      @Nullable String text,
      String expected,
      Function<String, @Nullable T> parser) {
    T parsed = null;
    if (text != null) {
      try {
        parsed = parser.apply(text);
      } catch (InvalidInputException e) {
        throw wrong(key, value, expected);
      }
    }
    if (parsed == null) {
      throw wrong(key, value, expected);
    }
    return parsed;
  }

  private InvalidInputException wrong(String key, ConfigValue value, String expected) {
    return new InvalidInputException(
        location(value.origin())
            + prefix
            + key
            + ": found "
            + found(value)
            + ", expected "
            + expected);
  }

  private static String found(ConfigValue value) {
    return switch (value.valueType()) {
      case OBJECT -> "an object";
      case LIST -> "a list";
      case NULL -> "null";
      case STRING, NUMBER, BOOLEAN -> "'" + text(value) + "'";
    };
  }

  /** Returns the value as written in the file; null if it is not a scalar. */
  private static @Nullable String text(ConfigValue value) {
    return switch (value.valueType()) {
      case STRING, NUMBER, BOOLEAN -> value.atKey("scalar").getString("scalar");
      case OBJECT, LIST, NULL -> null;
    };
  }

  private static String location(ConfigOrigin origin) {
    String place = origin.filename() == null ? origin.description() : origin.filename();
    return origin.lineNumber() > 0 ? place + ":" + origin.lineNumber() + ": " : place + ": ";
  }
}
