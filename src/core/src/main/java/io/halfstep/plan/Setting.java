package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Declares a setting once, for plan files, their text form, the command line and Java. Settings are
 * equal if their names are.
 *
 * @param name as in plan files and, with two dashes, as an option. Settings {@code a.b} and {@code
 *     a.c} have the option {@code --a}, which sets both, or takes {@code b=…,c=…}
 * @param layerName the name in overrides of layers; null if layers can't override it
 * @param syntax of the values
 * @param standard the default value; null if there is none
 * @param otherwise the default in words; empty if there is nothing to say
 * @param help a sentence or two, then lines that are printed as they are
 */
public record Setting<T>(
    String name,
    @Nullable String layerName,
    Syntax<T> syntax,
    @Nullable T standard,
    String otherwise,
    List<String> help) {

  /** Returns a setting with a default. */
  public static <T> Setting<T> of(String name, Syntax<T> syntax, T standard, String... help) {
    return new Setting<>(name, null, syntax, standard, syntax.write(standard), List.of(help));
  }

  /**
   * Returns a setting without a default value.
   *
   * @param otherwise what happens if it is not set
   */
  public static <T> Setting<T> open(
      String name, Syntax<T> syntax, String otherwise, String... help) {
    return new Setting<>(name, null, syntax, null, otherwise, List.of(help));
  }

  /** Returns a copy that layers may override. */
  Setting<T> byLayer() {
    return byLayer(name);
  }

  /** Returns a copy that layers may override under this name. */
  Setting<T> byLayer(String as) {
    return new Setting<>(name, as, syntax, standard, otherwise, help);
  }

  /**
   * Returns a copy with another help text, for a command where the setting means something else.
   */
  public Setting<T> explained(String otherwise, String... help) {
    return new Setting<>(name, layerName, syntax, standard, otherwise, List.of(help));
  }

  /** Returns the name of its option and the key in plan files, which settings may share. */
  public String group() {
    return name.split("\\.", 2)[0];
  }

  /** Returns the name within its group; empty if the setting has no group. */
  public String part() {
    return name.equals(group()) ? "" : name.substring(group().length() + 1);
  }

  /** Returns the value, or the default, in words. */
  public String describe(@Nullable T value) {
    return value == null ? otherwise : syntax.write(value);
  }

  /**
   * Checks a value from Java.
   *
   * @param as the setting's name in messages
   * @throws InvalidInputException if the value is out of bounds
   */
  T require(T value, String as) {
    if (!syntax.allows(value)) {
      throw new InvalidInputException(
          "%s: found %s, expected %s".formatted(as, syntax.write(value), syntax.expected()));
    }
    return value;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Setting<?> that && name.equals(that.name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return name;
  }
}
