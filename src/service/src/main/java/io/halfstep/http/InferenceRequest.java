package io.halfstep.http;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.Admission;
import io.halfstep.source.RawSample;
import io.halfstep.tensor.NamedTensor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A request of the Open Inference Protocol, {@code POST /v2/models/{model}/infer}. The outputs that
 * it names are ignored.
 *
 * @param parameters strings, numbers and booleans by name
 * @param inputs empty if the request consists of bytes only
 * @param raw the elements of a model's only input, without a description; else null
 */
public record InferenceRequest(
    @Nullable String id,
    Map<String, Object> parameters,
    List<NamedTensor> inputs,
    byte @Nullable [] raw) {
  /** The header with the number of bytes of JSON before the binary data. */
  public static final String JSON_LENGTH_HEADER = "Inference-Header-Content-Length";

  /** A request with described inputs. */
  public InferenceRequest(
      @Nullable String id, Map<String, Object> parameters, List<NamedTensor> inputs) {
    this(id, parameters, inputs, null);
  }

  /**
   * A request on the wire.
   *
   * @param jsonLength the value of the header {@link #JSON_LENGTH_HEADER}
   */
  public record Binary(int jsonLength, byte[] body) {}

  /**
   * Reads a request.
   *
   * @param jsonLength the value of the header {@link #JSON_LENGTH_HEADER}; empty if it is missing:
   *     the whole body is JSON; 0: the whole body is the model's only input
   * @throws InvalidInputException if it is malformed, incomplete, or beyond the limits
   */
  public static InferenceRequest parse(byte[] body, OptionalInt jsonLength, RequestLimits limits) {
    int length = jsonLength.orElse(body.length);
    if (length < 0 || length > body.length) {
      throw new InvalidInputException(
          "request: %s is %d, and the body has %d bytes"
              .formatted(JSON_LENGTH_HEADER, length, body.length));
    }
    return jsonLength.isPresent() && length == 0
        ? new InferenceRequest(null, Map.of(), List.of(), body)
        : RequestReader.read(body, length, limits);
  }

  /** Returns the request with its inputs as binary data. */
  public Binary toBinary() {
    return raw != null ? new Binary(0, raw) : RequestWriter.binary(this);
  }

  /**
   * Returns the samples of the request.
   *
   * @throws InvalidInputException if they don't fit the model
   */
  public List<RawSample> samples(Admission admission) {
    return raw != null ? admission.admit(ByteBuffer.wrap(raw)) : admission.admit(inputs);
  }
}
