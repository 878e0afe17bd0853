package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** How the values of a {@link Setting} are written, and which are valid. */
public interface Syntax<T> {
  /** Returns the type of a value, or of an element if there may be several. */
  Class<?> type();

  /** Returns the placeholder in the help of an option, e.g. {@code BITS}. */
  String form();

  /** Describes the valid values, for messages: "expected …". */
  String expected();

  /** Returns the words to choose from; empty if other values are valid, too. */
  default List<String> words() {
    return List.of();
  }

  /** Reads a value; returns null or throws an InvalidInputException if the text is invalid. */
  @Nullable T read(String text);

  /** Parses a value; null if the text is invalid. */
  default @Nullable T parse(String text) {
    try {
      return read(text);
    } catch (InvalidInputException e) {
      return null;
    }
  }

  /** Writes a value so that {@link #read} reads it. */
  default String write(T value) {
    return String.valueOf(value);
  }

  /** Returns whether a value from Java is within bounds. */
  default boolean allows(T value) {
    return value.equals(parse(write(value)));
  }

  /** Returns whether the option may be repeated. */
  default boolean repeats() {
    return false;
  }

  /** Returns whether one option may be followed by several values. */
  default boolean severalAtOnce() {
    return false;
  }

  /** Combines a value with the one that was given before. */
  default T after(T before, T value) {
    return value;
  }

  /** Converts a value for a plan file; null if it has no form there. */
  default @Nullable Object hocon(T value) {
    String text = write(value);
    boolean plain = value instanceof Number || value instanceof Boolean;
    return plain && text.equals(String.valueOf(value)) ? value : text;
  }

  /** Integers within bounds. */
  static Syntax<Integer> whole(String form, int least, int most) {
    return new Whole<>(Integer.class, form, least, most, number -> (int) number);
  }

  /** Long integers within bounds. */
  static Syntax<Long> wholeLong(String form, long least, long most) {
    return new Whole<>(Long.class, form, least, most, Long::valueOf);
  }

  /** An enum's constants, written {@code like-this}. */
  static <E extends Enum<E>> Syntax<E> choice(Class<E> type) {
    return new Choice<>(type, String.join("|", Choice.words(type)));
  }

  /** An enum's constants, with a short placeholder in the help. */
  static <E extends Enum<E>> Syntax<E> choice(String form, Class<E> type) {
    return new Choice<>(type, form);
  }

  /** True or false. */
  static Syntax<Boolean> flag() {
    return new Flag();
  }

  /** Non-blank text. */
  static Syntax<String> text(String form) {
    return new Text(form);
  }

  /** One or more texts; each needs its own option unless several at once are allowed. */
  static Syntax<List<String>> texts(String form, boolean severalAtOnce) {
    return new Texts(new Text(form), severalAtOnce);
  }

  /** A path. */
  static Syntax<Path> path(String form) {
    return new PathName(form);
  }

  record Whole<N extends Number>(
      Class<N> type, String form, long least, long most, LongFunction<N> narrow)
      implements Syntax<N> {
    @Override
    public String expected() {
      if (least == Long.MIN_VALUE) {
        return "a whole number";
      }
      return "a whole number"
          + (most < Integer.MAX_VALUE ? " from " + least + " to " + most : ", at least " + least);
    }

    @Override
    public @Nullable N read(String text) {
      try {
        long number = Long.parseLong(text);
        return number >= least && number <= most ? narrow.apply(number) : null;
      } catch (NumberFormatException e) {
        return null;
      }
    }
  }

  record Choice<E extends Enum<E>>(Class<E> type, String form) implements Syntax<E> {
    @Override
    public String expected() {
      return String.join(", ", words());
    }

    @Override
    public List<String> words() {
      return words(type);
    }

    @Override
    public @Nullable E read(String text) {
      int at = words().indexOf(text.toLowerCase(Locale.ROOT));
      return at < 0 ? null : type.getEnumConstants()[at];
    }

    @Override
    public String write(E value) {
      return word(value);
    }

    private static <E extends Enum<E>> List<String> words(Class<E> type) {
      return Arrays.stream(type.getEnumConstants()).map(Choice::word).toList();
    }

    private static String word(Enum<?> value) {
      return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  record Flag() implements Syntax<Boolean> {
    @Override
    public Class<?> type() {
      return Boolean.class;
    }

    @Override
    public String form() {
      return "true|false";
    }

    @Override
    public String expected() {
      return "true or false";
    }

    @Override
    public @Nullable Boolean read(String text) {
      return text.matches("true|false") ? Boolean.valueOf(text) : null;
    }
  }

  record Text(String form) implements Syntax<String> {
    @Override
    public Class<?> type() {
      return String.class;
    }

    @Override
    public String expected() {
      return "a text";
    }

    @Override
    public @Nullable String read(String text) {
      return text.isBlank() ? null : text;
    }
  }

  record Texts(Text each, boolean severalAtOnce) implements Syntax<List<String>> {
    @Override
    public Class<?> type() {
      return each.type();
    }

    @Override
    public String form() {
      return each.form();
    }

    @Override
    public String expected() {
      return each.expected();
    }

    @Override
    public @Nullable List<String> read(String text) {
      String one = each.read(text);
      return one == null ? null : List.of(one);
    }

    @Override
    public String write(List<String> value) {
      return String.join(" ", value);
    }

    @Override
    public boolean allows(List<String> value) {
      return value.stream().allMatch(each::allows);
    }

    @Override
    public boolean repeats() {
      return true;
    }

    @Override
    public List<String> after(List<String> before, List<String> value) {
      List<String> both = new ArrayList<>(before);
      both.addAll(value);
      return List.copyOf(both);
    }

    @Override
    public Object hocon(List<String> value) {
      return value;
    }
  }

  record PathName(String form) implements Syntax<Path> {
    @Override
    public Class<?> type() {
      return Path.class;
    }

    @Override
    public String expected() {
      return "a path";
    }

    @Override
    public @Nullable Path read(String text) {
      try {
        return text.isBlank() ? null : Path.of(text);
      } catch (InvalidPathException e) {
        return null;
      }
    }
  }
}
