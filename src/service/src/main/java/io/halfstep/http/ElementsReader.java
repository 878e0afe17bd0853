package io.halfstep.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.Half;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Reads a tensor's elements from a JSON array, which is flat or nested like its shape. */
final class ElementsReader {
  private static final BigInteger UINT64_MAX = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);

  private final String where;
  private final Datatype type;
  private final long[] shape;
  private final int count;

  private int read;
  private int level; // nesting depth of the elements; 0 while unknown

  ElementsReader(String where, Datatype type, long[] shape, int count) {
    this.where = where + ": data";
    this.type = type;
    this.shape = shape;
    this.count = count;
    if (type == Datatype.BF16) {
      throw new InvalidInputException(
          where + ": datatype BF16 in JSON, expected binary data (binary_data_size)");
    }
  }

  Tensor read(JsonParser json) throws IOException {
    JsonValues.expect(json.currentToken() == JsonToken.START_ARRAY, json, where, "an array");
    // Memory grows with the data, not with the declared shape.
    ByteBuffer to = room(Math.min((long) count * type.type().bytes(), 1 << 16));
    to = array(json, 1, to);
    if (read != count) {
      throw invalid(
          "%d elements, expected %d for shape %s".formatted(read, count, Arrays.toString(shape)));
    }
    return Tensor.decode(type.type(), to.flip(), shape);
  }

  private static ByteBuffer room(long bytes) {
    return ByteBuffer.allocate((int) Math.min(Integer.MAX_VALUE - 8, bytes))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private InvalidInputException invalid(String problem) {
    return new InvalidInputException(where + ": " + problem);
  }

  private ByteBuffer array(JsonParser json, int depth, ByteBuffer buffer) throws IOException {
    ByteBuffer to = buffer;
    long entries = 0;
    for (JsonToken token = json.nextToken();
        token != JsonToken.END_ARRAY;
        token = json.nextToken()) {
      entries++;
      if (token == JsonToken.START_ARRAY) {
        to = array(json, depth + 1, to);
        continue;
      }
      if (level == 0) {
        level = depth;
      }
      if (level != depth) {
        throw invalid(
            "elements at depth %d and at depth %d, expected at one depth".formatted(level, depth));
      }
      if (read == count) {
        throw invalid(
            "more than the %d elements of shape %s".formatted(count, Arrays.toString(shape)));
      }
      if (to.remaining() < type.type().bytes()) {
        to = room(2L * to.capacity()).put(to.flip());
      }
      element(json, to);
      read++;
    }
    if (level > 0 && depth > level) {
      throw invalid("an array at depth %d, beside elements at depth %d".formatted(depth, level));
    }
    if (level > 1 && level == shape.length && entries != shape[depth - 1]) {
      throw invalid(
          "%d entries at depth %d, expected %d for shape %s"
              .formatted(entries, depth, shape[depth - 1], Arrays.toString(shape)));
    }
    return to;
  }

  private void element(JsonParser json, ByteBuffer to) throws IOException {
    switch (type) {
      case FP32 -> to.putFloat(number(json).getFloatValue());
      case FP64 -> to.putDouble(number(json).getDoubleValue());
      case FP16, BF16 -> to.putShort(Half.fromFloat(number(json).getFloatValue()));
      case BOOL -> to.put((byte) (bool(json) ? 1 : 0));
      case INT8 -> to.put((byte) integer(json, Byte.MIN_VALUE, Byte.MAX_VALUE));
      case UINT8 -> to.put((byte) integer(json, 0, 0xff));
      case INT16 -> to.putShort((short) integer(json, Short.MIN_VALUE, Short.MAX_VALUE));
      case UINT16 -> to.putShort((short) integer(json, 0, 0xffff));
      case INT32 -> to.putInt((int) integer(json, Integer.MIN_VALUE, Integer.MAX_VALUE));
      case UINT32 -> to.putInt((int) integer(json, 0, 0xffffffffL));
      case INT64 -> to.putLong(integer(json, Long.MIN_VALUE, Long.MAX_VALUE));
      case UINT64 -> to.putLong(unsigned(json));
    }
  }

  private JsonParser number(JsonParser json) throws IOException {
    if (!json.currentToken().isNumeric()) {
      throw unexpected(json, "a number");
    }
    return json;
  }

  private boolean bool(JsonParser json) throws IOException {
    return switch (json.currentToken()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> integer(json, 0, 1) == 1;
    };
  }

  private long integer(JsonParser json, long least, long greatest) throws IOException {
    JsonToken token = json.currentToken();
    if (token == JsonToken.VALUE_NUMBER_INT
        && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
      long value = json.getLongValue();
      if (value >= least && value <= greatest) {
        return value;
      }
    }
    if (token == JsonToken.VALUE_NUMBER_FLOAT) {
      double value = json.getDoubleValue();
      // some clients write 1 as 1.0; beyond 2⁵³ the intended number is unknown
      if (value == Math.rint(value)
          && Math.abs(value) <= 0x1p53
          && value >= least
          && value <= greatest) {
        return (long) value;
      }
    }
    throw unexpected(json, "one of " + type);
  }

  private long unsigned(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NUMBER_INT
        && json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      BigInteger value = json.getBigIntegerValue();
      if (value.signum() >= 0 && value.compareTo(UINT64_MAX) <= 0) {
        return value.longValue();
      }
    }
    return integer(json, 0, Long.MAX_VALUE);
  }

  private InvalidInputException unexpected(JsonParser json, String expected) throws IOException {
    return invalid(
        "found %s at element %d, expected %s".formatted(JsonValues.describe(json), read, expected));
  }
}
