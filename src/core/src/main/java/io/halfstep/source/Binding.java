package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import java.io.File;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One value of {@code --data}: {@code PATH}, {@code file.npz:array}, either after {@code input=}
 * and before {@code @axis}.
 *
 * @param input null if none is named
 * @param axis which counts samples; null if none is named
 */
record Binding(@Nullable String input, ArrayRef ref, @Nullable Integer axis) {
  private static final Pattern WITH_AXIS = Pattern.compile("(.+)@(\\d)");

  static Binding parse(String text, List<InputPort> ports) {
    for (InputPort port : ports) {
      if (text.startsWith(port.name() + "=")) {
        return of(port.name(), text.substring(port.name().length() + 1));
      }
    }
    try {
      return of(null, text);
    } catch (InvalidInputException e) {
      int equals = text.indexOf('=');
      if (equals <= 0) {
        throw e;
      }
      throw new InvalidInputException(
          "%s: no such file, and the model has no input '%s', only %s"
              .formatted(
                  text,
                  text.substring(0, equals),
                  ports.stream().map(InputPort::name).collect(Collectors.joining(", "))),
          e);
    }
  }

  private static Binding of(@Nullable String input, String text) {
    Matcher axis = WITH_AXIS.matcher(text);
    return axis.matches() && !new File(text).exists()
        ? new Binding(input, ArrayRef.parse(axis.group(1)), Integer.valueOf(axis.group(2)))
        : new Binding(input, ArrayRef.parse(text), null);
  }
}
