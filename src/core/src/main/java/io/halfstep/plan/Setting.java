package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a user can set, declared once: plan files, their text form, the command line and Java read
 * it from here. Its name makes it what it is: two settings with the same name are the same.
 *
 * @param name as in plan files and, with two dashes, as an option. Settings {@code a.b} and {@code
 *     a.c} have the option {@code --a}, which sets both, or takes {@code b=…,c=…}
 * @param layerName the name in what differs for single layers; null where layers can't differ
 * @param syntax its values
 * @param standard the value where nothing is said; null where it depends on other things
 * @param otherwise the same in words; empty where there is nothing to say
 * @param help what it does, in a sentence or two; then lines of their own
 */
public record Setting<T>(
    String name,
    @Nullable String layerName,
    Syntax<T> syntax,
    @Nullable T standard,
    String otherwise,
    List<String> help) {

  /** A setting with a default. */
  public static <T> Setting<T> of(String name, Syntax<T> syntax, T standard, String... help) {
    return new Setting<>(name, null, syntax, standard, syntax.write(standard), List.of(help));
  }

  /**
   * A setting that may be left open.
   *
   * @param otherwise what happens then
   */
  public static <T> Setting<T> open(
      String name, Syntax<T> syntax, String otherwise, String... help) {
    return new Setting<>(name, null, syntax, null, otherwise, List.of(help));
  }

  /** The same, and layers may differ in it. */
  Setting<T> byLayer() {
    return byLayer(name);
  }

  /** The same, and layers may differ in it, by this name. */
  Setting<T> byLayer(String as) {
    return new Setting<>(name, as, syntax, standard, otherwise, help);
  }

  /** The same setting in other words, where it means something else to the user. */
  public Setting<T> explained(String otherwise, String... help) {
    return new Setting<>(name, layerName, syntax, standard, otherwise, List.of(help));
  }

  /** The name of its option, and the key in plan files, which it may share. */
  public String group() {
    return name.split("\\.", 2)[0];
  }

  /** The name among the settings of its group; empty if it is alone. */
  public String part() {
    return name.equals(group()) ? "" : name.substring(group().length() + 1);
  }

  /** A value, or the default, in words. */
  public String describe(@Nullable T value) {
    return value == null ? otherwise : syntax.write(value);
  }

  /**
   * Checks a value from Java.
   *
   * @param as what messages call the setting
   * @throws InvalidInputException if it is out of bounds
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
