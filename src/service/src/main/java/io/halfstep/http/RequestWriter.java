package io.halfstep.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.halfstep.tensor.NamedTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/** Writes requests, with the inputs as binary data after the JSON. */
final class RequestWriter {
  private static final JsonFactory JSON = new JsonFactory();

  private RequestWriter() {}

  static InferenceRequest.Binary binary(InferenceRequest request) {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try (JsonGenerator to = JSON.createGenerator(json)) {
      write(request, to);
    } catch (IOException e) {
      throw new UncheckedIOException("memory takes it", e);
    }
    long size = json.size();
    for (NamedTensor input : request.inputs()) {
      size += input.tensor().bytes();
    }
    byte[] body = new byte[Math.toIntExact(size)];
    ByteBuffer to = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
    to.put(json.toByteArray());
    request.inputs().forEach(input -> input.tensor().encode(to));
    return new InferenceRequest.Binary(json.size(), body);
  }

  private static void write(InferenceRequest request, JsonGenerator to) throws IOException {
    to.writeStartObject();
    if (request.id() != null) {
      to.writeStringField("id", request.id());
    }
    if (!request.parameters().isEmpty()) {
      to.writeObjectFieldStart("parameters");
      for (Map.Entry<String, Object> parameter : request.parameters().entrySet()) {
        to.writeFieldName(parameter.getKey());
        to.writeObject(parameter.getValue());
      }
      to.writeEndObject();
    }
    to.writeArrayFieldStart("inputs");
    for (NamedTensor input : request.inputs()) {
      to.writeStartObject();
      to.writeStringField("name", input.name());
      to.writeFieldName("shape");
      long[] shape = input.tensor().shape();
      to.writeArray(shape, 0, shape.length);
      to.writeStringField("datatype", Datatype.of(input.tensor().type()).name());
      to.writeObjectFieldStart("parameters");
      to.writeNumberField("binary_data_size", input.tensor().bytes());
      to.writeEndObject();
      to.writeEndObject();
    }
    to.writeEndArray();
    to.writeEndObject();
  }
}
