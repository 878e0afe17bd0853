package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One value of {@code --data}: {@code PATH}, {@code file.npz:array}, or either after {@code
 * input=}.
 *
 * @param input null if none is named
 */
record Binding(@Nullable String input, ArrayRef ref) {

  static Binding parse(String text, List<InputPort> ports) {
    for (InputPort port : ports) {
      if (text.startsWith(port.name() + "=")) {
        return new Binding(port.name(), ArrayRef.parse(text.substring(port.name().length() + 1)));
      }
    }
    try {
      return new Binding(null, ArrayRef.parse(text));
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
}
