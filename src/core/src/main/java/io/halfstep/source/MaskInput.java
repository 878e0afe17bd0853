package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The input {@code [batch, sequence]} of a model that is 0 where its samples are padded. */
public final class MaskInput {
  private static final String USUAL_NAME = "attention_mask";

  private MaskInput() {}

  /**
   * Returns the mask's name; null if there is none.
   *
   * @param asked its name; if null, {@code attention_mask} is the mask if it has the shape
   * @throws InvalidInputException if the model has no such input, or of another shape
   */
  public static @Nullable String of(List<InputPort> ports, @Nullable String asked) {
    String name = asked == null ? USUAL_NAME : asked;
    for (InputPort port : ports) {
      if (port.name().equals(name)) {
        if (port.shape().length == 2) {
          return name;
        }
        if (asked != null) {
          throw new InvalidInputException(
              "mask: input %s, expected the shape [batch, sequence]".formatted(port));
        }
      }
    }
    if (asked != null) {
      throw new InvalidInputException(
          "mask %s: the model has no such input, only %s"
              .formatted(
                  asked, ports.stream().map(InputPort::name).collect(Collectors.joining(", "))));
    }
    return null;
  }
}
