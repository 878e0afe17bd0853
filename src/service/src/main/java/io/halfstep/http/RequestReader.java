package io.halfstep.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.NamedTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the JSON of a request and the binary data after it. */
final class RequestReader {
  /** Knows the names of fields that it has read. */
  private static final JsonFactory USUAL = factory(RequestLimits.DEFAULT);

  private final byte[] body;
  private final RequestLimits limits;
  private final JsonFactory factory;
  private @Nullable String id;
  private Map<String, Object> parameters = Map.of();
  private final List<TensorReader> inputs = new ArrayList<>();

  private RequestReader(byte[] body, RequestLimits limits) {
    this.body = body;
    this.limits = limits;
    this.factory = limits.equals(RequestLimits.DEFAULT) ? USUAL : factory(limits);
  }

  static InferenceRequest read(byte[] body, int jsonLength, RequestLimits limits) {
    RequestReader reader = new RequestReader(body, limits);
    try (JsonParser json = reader.factory.createParser(body, 0, jsonLength)) {
      reader.read(json);
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      throw new InvalidInputException(
          "request: not JSON as expected%s: %s"
              .formatted(
                  at == null
                      ? ""
                      : " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr()),
                  e.getOriginalMessage()),
          e);
    } catch (IOException e) {
      throw new InvalidInputException("request: not JSON: " + e.getMessage(), e);
    }
    ByteBuffer binary =
        ByteBuffer.wrap(body, jsonLength, body.length - jsonLength).order(ByteOrder.LITTLE_ENDIAN);
    List<NamedTensor> tensors = reader.inputs.stream().map(i -> i.complete(binary)).toList();
    if (binary.hasRemaining()) {
      throw new InvalidInputException(
          "request: %d bytes follow its JSON, expected %d by its inputs' binary_data_size"
              .formatted(body.length - jsonLength, body.length - jsonLength - binary.remaining()));
    }
    return new InferenceRequest(reader.id, reader.parameters, tensors);
  }

  private static JsonFactory factory(RequestLimits limits) {
    return JsonFactory.builder()
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .streamReadConstraints(
            StreamReadConstraints.builder().maxNestingDepth(limits.depth()).build())
        .build();
  }

  private void read(JsonParser json) throws IOException {
    json.nextToken();
    JsonValues.expect(json.currentToken() == JsonToken.START_OBJECT, json, "request", "an object");
    boolean given = false;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      JsonToken value = json.nextToken();
      switch (field) {
        case "id" ->
            id = value == JsonToken.VALUE_NULL ? null : JsonValues.string(json, "request: id");
        case "parameters" -> parameters = JsonValues.parameters(json, "request: parameters");
        case "inputs" -> {
          given = true;
          inputs(json);
        }
        default -> json.skipChildren();
      }
    }
    if (!given) {
      throw new InvalidInputException("request: has no inputs");
    }
    JsonValues.expect(json.nextToken() == null, json, "request", "nothing after its JSON object");
  }

  private void inputs(JsonParser json) throws IOException {
    JsonValues.expect(
        json.currentToken() == JsonToken.START_ARRAY, json, "request: inputs", "an array");
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (inputs.size() == limits.tensors()) {
        throw new InvalidInputException("request: more than " + limits.tensors() + " inputs");
      }
      inputs.add(new TensorReader(inputs.size(), limits, factory, body).read(json));
    }
  }
}
