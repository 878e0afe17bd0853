package io.halfstep.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.NamedTensor;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one input of a request. Its fields come in any order: data before their shape and type are
 * skipped at first and read last.
 */
final class TensorReader {
  private final int number;
  private final RequestLimits limits;
  private final JsonFactory factory;
  private final byte[] body;
  private @Nullable String name;
  private long @Nullable [] shape;
  private @Nullable String datatype;
  private Map<String, Object> parameters = Map.of();
  private int earlyData = -1;
  private @Nullable Tensor tensor;

  /**
   * @param number counts the request's inputs from 0
   */
  TensorReader(int number, RequestLimits limits, JsonFactory factory, byte[] body) {
    this.number = number;
    this.limits = limits;
    this.factory = factory;
    this.body = body;
  }

  private String where() {
    return name == null ? "input " + number : "input '" + name + "'";
  }

  private InvalidInputException invalid(String problem) {
    return new InvalidInputException(where() + ": " + problem);
  }

  /** Reads the JSON object that begins at the parser's current token. */
  TensorReader read(JsonParser json) throws IOException {
    JsonValues.expect(json.currentToken() == JsonToken.START_OBJECT, json, where(), "an object");
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "name" -> name = JsonValues.string(json, where() + ": name");
        case "shape" -> shape = shape(json);
        case "datatype" -> datatype = JsonValues.string(json, where() + ": datatype");
        case "parameters" -> parameters = JsonValues.parameters(json, where() + ": parameters");
        case "data" -> data(json);
        default -> json.skipChildren();
      }
    }
    if (earlyData >= 0) {
      try (JsonParser again = factory.createParser(body, earlyData, body.length - earlyData)) {
        again.nextToken();
        tensor = elements(again);
      }
    }
    return this;
  }

  private long[] shape(JsonParser json) throws IOException {
    JsonValues.expect(
        json.currentToken() == JsonToken.START_ARRAY, json, where() + ": shape", "an array");
    long[] dims = new long[limits.axes()];
    int rank = 0;
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (rank == dims.length) {
        throw invalid("shape has more than " + limits.axes() + " axes");
      }
      dims[rank++] = JsonValues.integer(json, where() + ": shape", 0, Integer.MAX_VALUE);
    }
    return Arrays.copyOf(dims, rank);
  }

  private void data(JsonParser json) throws IOException {
    if (shape != null && datatype != null) {
      tensor = elements(json);
    } else {
      earlyData = (int) json.currentTokenLocation().getByteOffset();
      if (earlyData < 0) {
        throw invalid("its data come before its shape and datatype, expected after them, or UTF-8");
      }
      json.skipChildren();
    }
  }

  private Tensor elements(JsonParser json) throws IOException {
    long[] dims = requireShape();
    int count = count(dims);
    return new ElementsReader(where(), requireDatatype(), dims, count).read(json);
  }

  private long[] requireShape() {
    if (shape == null) {
      throw invalid("has no shape");
    }
    return shape;
  }

  private Datatype requireDatatype() {
    if (datatype == null) {
      throw invalid("has no datatype");
    }
    return Datatype.parse(datatype, where());
  }

  private int count(long[] dims) {
    long count = 1;
    for (long dim : dims) {
      // at most 2³¹ each, so the product can't overflow before the check
      count *= dim;
      if (count > limits.elements()) {
        throw invalid(
            "shape %s has more than %d elements"
                .formatted(Arrays.toString(dims), limits.elements()));
      }
    }
    return (int) count;
  }

  /** Completes the tensor; its elements may come next in the binary data. */
  NamedTensor complete(ByteBuffer binary) {
    if (name == null) {
      throw invalid("has no name");
    }
    Object declared = parameters.get("binary_data_size");
    if (declared == null) {
      if (tensor == null) {
        throw invalid(
            parameters.containsKey("shared_memory_region")
                ? "is in shared memory, expected in the request"
                : "has neither data nor the parameter binary_data_size");
      }
      return new NamedTensor(name, tensor);
    }
    if (tensor != null) {
      throw invalid("has both data and the parameter binary_data_size");
    }
    return new NamedTensor(name, binary(binary, declared));
  }

  private Tensor binary(ByteBuffer binary, Object declared) {
    Datatype type = requireDatatype();
    long[] dims = requireShape();
    long needed = (long) count(dims) * type.type().bytes();
    if (!declared.equals(needed)) {
      throw invalid(
          "binary_data_size is %s, expected %d for %s%s"
              .formatted(declared, needed, type, Arrays.toString(dims)));
    }
    if (needed > binary.remaining()) {
      throw invalid(
          "needs %d bytes of binary data, and the body has %d left"
              .formatted(needed, binary.remaining()));
    }
    Tensor read = Tensor.decode(type.type(), binary, dims);
    if (type == Datatype.BOOL) {
      requireBooleans((byte[]) read.data());
    }
    return read;
  }

  private void requireBooleans(byte[] values) {
    for (int i = 0; i < values.length; i++) {
      if ((values[i] & ~1) != 0) {
        throw invalid(
            "byte %d at element %d, expected 0 or 1 for BOOL".formatted(values[i] & 0xff, i));
      }
    }
  }
}
