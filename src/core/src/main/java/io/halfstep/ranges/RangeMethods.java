package io.halfstep.ranges;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.ranges.RangeMethod.MinMax;
import io.halfstep.ranges.RangeMethod.Mse;
import io.halfstep.ranges.RangeMethod.Percentile;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The range methods of plan files and the command line, as they are written there. */
public final class RangeMethods {
  /**
   * The text form of a method.
   *
   * @param usage shown in messages
   * @param reader returns null, or throws InvalidInputException, if a text is not this method
   */
  private record Syntax(String usage, Function<String, @Nullable RangeMethod> reader) {}

  private static final List<Syntax> ALL =
      List.of(
          plain(new MinMax()),
          plain(new Mse()),
          withNumber("lp", "\"lp:P\" with 1 <= P <= 4, e.g. \"lp:2.4\"", Lp::new),
          withNumber(
              "percentile",
              "\"percentile:P\" with 50 < P <= 100, e.g. \"percentile:99.99\"",
              Percentile::new));

  private RangeMethods() {}

  /**
   * Reads a method, e.g. {@code minmax} or {@code percentile:99.99}.
   *
   * @throws InvalidInputException if there is no such method
   */
  public static RangeMethod parse(String text) {
    for (Syntax syntax : ALL) {
      RangeMethod method = read(syntax, text);
      if (method != null) {
        return method;
      }
    }
    throw new InvalidInputException("range method '%s': expected %s".formatted(text, expected()));
  }

  /** Returns the forms that {@link #parse} accepts, for messages. */
  public static String expected() {
    int last = ALL.size() - 1;
    return ALL.subList(0, last).stream().map(Syntax::usage).collect(Collectors.joining(", "))
        + " or "
        + ALL.get(last).usage();
  }

  private static @Nullable RangeMethod read(Syntax syntax, String text) {
    try {
      return syntax.reader().apply(text);
    } catch (InvalidInputException e) {
      return null;
    }
  }

  private static Syntax plain(RangeMethod method) {
    return new Syntax(method.label(), text -> text.equals(method.label()) ? method : null);
  }

  private static Syntax withNumber(String name, String usage, DoubleFunction<RangeMethod> method) {
    return new Syntax(
        usage,
        text -> {
          if (!text.startsWith(name + ":")) {
            return null;
          }
          try {
            return method.apply(Double.parseDouble(text.substring(name.length() + 1)));
          } catch (NumberFormatException e) {
            return null;
          }
        });
  }
}
