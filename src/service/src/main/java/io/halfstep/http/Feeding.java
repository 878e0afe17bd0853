package io.halfstep.http;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.intake.Origin;
import io.halfstep.tensor.ElementType;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The two parameters that {@code halfstep feed} adds to requests of the Open Inference Protocol:
 * the producer of the samples, and how many it has sent before, so that each sample is taken once.
 */
public final class Feeding {
  /** Names a sequence of samples. */
  public static final String PRODUCER = "halfstep_producer";

  /** The number of samples of the sequence before these. */
  public static final String POSITION = "halfstep_position";

  private Feeding() {}

  /** Returns the parameters of a request. */
  public static Map<String, Object> parameters(String producer, long position) {
    return Map.of(PRODUCER, producer, POSITION, position);
  }

  /** Returns the protocol's name of an element type. */
  public static ElementType elementType(String datatype) {
    return Datatype.parse(datatype, "input").type();
  }

  static @Nullable Origin origin(InferenceRequest request) {
    Object producer = request.parameters().get(PRODUCER);
    Object position = request.parameters().get(POSITION);
    if (producer == null && position == null) {
      return null;
    }
    if (producer instanceof String name && position instanceof Number number) {
      return new Origin(name, number.longValue());
    }
    throw new InvalidInputException(
        "parameters: found %s '%s' and %s '%s', expected a text and a number, or neither"
            .formatted(PRODUCER, producer, POSITION, position));
  }
}
