package io.halfstep.tensor;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import io.halfstep.failure.InvalidInputException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A named tensor, as in {@code onnx.TensorProto}.
 *
 * @param name empty if the file has none
 */
public record NamedTensor(String name, Tensor tensor) {

  /**
   * Reads a file with one serialized {@code TensorProto}, as in ONNX test data ({@code
   * input_0.pb}).
   *
   * @throws InvalidInputException if the file is not one, is truncated, or has an unsupported
   *     element type
   */
  public static NamedTensor read(Path file) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      return of(TensorProto.parseFrom(in), file + "");
    } catch (NoSuchFileException e) {
      throw new InvalidInputException(file + ": no such file", e);
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": not an onnx.TensorProto, or cut short: " + e.getMessage(), e);
    }
  }

  /**
   * Decodes a tensor whose data are in the message itself.
   *
   * @param where its name in error messages
   * @throws InvalidInputException if shape and data do not match, or the data are external
   */
  public static NamedTensor of(TensorProto proto, String where) {
    if (proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
      throw new InvalidInputException(
          where + ": has external data, expected the data in the file itself");
    }
    ElementType type;
    try {
      type = ElementType.ofOnnx(proto.getDataType());
    } catch (InvalidInputException e) {
      throw new InvalidInputException(where + ": " + e.getMessage(), e);
    }
    long[] shape = proto.getDimsList().stream().mapToLong(Long::longValue).toArray();
    int elements = elements(shape, where);
    boolean raw = proto.hasRawData();
    long found = raw ? proto.getRawData().size() : typedCount(proto, type);
    long expected = raw ? (long) elements * type.bytes() : elements;
    if (found != expected) {
      throw new InvalidInputException(
          "%s: %s%s needs %d %s and has %d"
              .formatted(
                  where,
                  type,
                  Arrays.toString(shape),
                  expected,
                  raw ? "bytes" : "elements",
                  found));
    }
    Object data = raw ? raw(proto.getRawData(), type, elements) : typed(proto, type, elements);
    return new NamedTensor(proto.getName(), Tensor.of(type, data, shape));
  }

  private static int elements(long[] shape, String where) {
    try {
      if (Arrays.stream(shape).allMatch(dim -> dim >= 0)) {
        return Tensor.elements(shape);
      }
    } catch (ArithmeticException e) {
      // more than 2^31 elements: reported below
    }
    throw new InvalidInputException(where + ": impossible shape " + Arrays.toString(shape));
  }

  private static Object raw(ByteString bytes, ElementType type, int elements) {
    Object data = type.allocate(elements);
    Elements.decode(bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN), type, data, 0);
    return data;
  }

  private static int typedCount(TensorProto proto, ElementType type) {
    return switch (type) {
      case FLOAT -> proto.getFloatDataCount();
      case DOUBLE -> proto.getDoubleDataCount();
      case INT64 -> proto.getInt64DataCount();
      case UINT64, UINT32 -> proto.getUint64DataCount();
      default -> proto.getInt32DataCount();
    };
  }

  private static Object typed(TensorProto proto, ElementType type, int elements) {
    Object data = type.allocate(elements);
    for (int i = 0; i < elements; i++) {
      switch (type) {
        case FLOAT -> ((float[]) data)[i] = proto.getFloatData(i);
        case DOUBLE -> ((double[]) data)[i] = proto.getDoubleData(i);
        case INT64 -> ((long[]) data)[i] = proto.getInt64Data(i);
        case UINT64 -> ((long[]) data)[i] = proto.getUint64Data(i);
        case UINT32 -> ((int[]) data)[i] = (int) proto.getUint64Data(i);
        case INT32 -> ((int[]) data)[i] = proto.getInt32Data(i);
        case INT16, UINT16, FLOAT16, BFLOAT16 ->
            ((short[]) data)[i] = (short) proto.getInt32Data(i);
        case INT8, UINT8, BOOL -> ((byte[]) data)[i] = (byte) proto.getInt32Data(i);
      }
    }
    return data;
  }
}
