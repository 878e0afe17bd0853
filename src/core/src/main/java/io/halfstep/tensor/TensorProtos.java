package io.halfstep.tensor;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import io.halfstep.failure.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** Tensors as ONNX stores them, {@code onnx.TensorProto}. */
public final class TensorProtos {
  /** Below this, a copy of the elements costs little memory. */
  private static final long LARGE = 1 << 20;

  private TensorProtos() {}

  /**
   * Reads a tensor whose elements are in {@code raw_data} or in one of the typed fields.
   *
   * @throws InvalidInputException if its element type is not supported, its data are external, or
   *     their number does not match its shape
   */
  public static Tensor decode(TensorProto proto) {
    if (proto.getDataLocation() == DataLocation.EXTERNAL) {
      throw new InvalidInputException(
          "tensor '" + proto.getName() + "': its data are in another file and were not loaded");
    }
    ElementType type = type(proto);
    long[] shape = proto.getDimsList().stream().mapToLong(Long::longValue).toArray();
    int elements = elements(proto, shape);
    Object data = type.allocate(elements);
    if (proto.hasRawData()) {
      expect(proto, (long) elements * type.bytes(), proto.getRawData().size(), "bytes");
      readRaw(proto.getRawData(), data);
    } else {
      readFields(proto, type, elements, data);
    }
    return Tensor.of(type, data, shape);
  }

  /**
   * Reads a tensor; if it is large, its elements stay in the message and are read on demand.
   *
   * @throws InvalidInputException as {@link #decode}
   */
  public static Tensor onDemand(TensorProto proto) {
    if (!proto.hasRawData() || proto.getRawData().size() < LARGE) {
      return decode(proto);
    }
    check(proto);
    long[] shape = proto.getDimsList().stream().mapToLong(Long::longValue).toArray();
    return Tensor.onDemand(type(proto), () -> decode(proto).data(), shape);
  }

  /**
   * Checks that a tensor of any ONNX type has as many elements as its shape says. Otherwise ONNX
   * Runtime may read past its end.
   *
   * @throws InvalidInputException if it does not
   */
  public static void check(TensorProto proto) {
    if (proto.getDataLocation() == DataLocation.EXTERNAL) {
      throw new InvalidInputException(
          "tensor '" + proto.getName() + "': its data are in another file and were not loaded");
    }
    long elements = elements(proto, proto.getDimsList().stream().mapToLong(d -> d).toArray());
    int bits = bits(proto.getDataType());
    if (proto.getDataType() == DataType.STRING_VALUE) {
      expect(proto, elements, proto.getStringDataCount(), "elements");
    } else if (bits == 0) {
      throw new InvalidInputException(
          "tensor '%s': element type %d is unknown"
              .formatted(proto.getName(), proto.getDataType()));
    } else if (proto.hasRawData()) {
      expect(proto, (elements * bits + 7) / 8, proto.getRawData().size(), "bytes");
    } else {
      checkFields(proto, elements, bits);
    }
  }

  /** Bits per element; 0 if the type is unknown or has no fixed width. */
  private static int bits(int onnxType) {
    DataType type = DataType.forNumber(onnxType);
    if (type == null) {
      return 0;
    }
    return switch (type) {
      case UINT4, INT4 -> 4;
      case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ -> 8;
      case COMPLEX64 -> 64;
      case COMPLEX128 -> 128;
      case STRING, UNDEFINED -> 0;
      default -> 8 * ElementType.ofOnnx(onnxType).bytes();
    };
  }

  private static void checkFields(TensorProto proto, long elements, int bits) {
    DataType type = DataType.forNumber(proto.getDataType());
    if (type == DataType.COMPLEX64) {
      expect(proto, 2 * elements, proto.getFloatDataCount(), "numbers");
    } else if (type == DataType.COMPLEX128) {
      expect(proto, 2 * elements, proto.getDoubleDataCount(), "numbers");
    } else if (bits == 4) {
      expect(proto, (elements + 1) / 2, proto.getInt32DataCount(), "pairs");
    } else {
      int count =
          bits == 8
              ? proto.getInt32DataCount()
              : values(proto, ElementType.ofOnnx(proto.getDataType())).size();
      expect(proto, elements, count, "elements");
    }
  }

  /** Writes a tensor with its elements in {@code raw_data}. */
  public static TensorProto encode(String name, Tensor tensor) {
    TensorProto.Builder proto =
        TensorProto.newBuilder().setName(name).setDataType(tensor.type().onnx());
    for (long dimension : tensor.shape()) {
      proto.addDims(dimension);
    }
    ByteBuffer raw =
        ByteBuffer.allocate(Math.toIntExact(tensor.bytes())).order(ByteOrder.LITTLE_ENDIAN);
    tensor.encode(raw);
    return proto.setRawData(ByteString.copyFrom(raw.flip())).build();
  }

  private static ElementType type(TensorProto proto) {
    try {
      return ElementType.ofOnnx(proto.getDataType());
    } catch (InvalidInputException e) {
      throw new InvalidInputException("tensor '" + proto.getName() + "': " + e.getMessage(), e);
    }
  }

  private static int elements(TensorProto proto, long[] shape) {
    try {
      if (Arrays.stream(shape).allMatch(d -> d >= 0)) {
        return Tensor.elements(shape);
      }
    } catch (ArithmeticException e) {
      // reported below
    }
    throw new InvalidInputException(
        "tensor '" + proto.getName() + "': shape " + Arrays.toString(shape) + " is impossible");
  }

  private static void expect(TensorProto proto, long expected, long found, String what) {
    if (expected != found) {
      throw new InvalidInputException(
          "tensor '%s': holds %d %s, its shape %s needs %d"
              .formatted(proto.getName(), found, what, proto.getDimsList(), expected));
    }
  }

  private static void readRaw(ByteString bytes, Object data) {
    ByteBuffer raw = bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    if (data instanceof float[] floats) {
      raw.asFloatBuffer().get(floats);
    } else if (data instanceof double[] doubles) {
      raw.asDoubleBuffer().get(doubles);
    } else if (data instanceof long[] longs) {
      raw.asLongBuffer().get(longs);
    } else if (data instanceof int[] ints) {
      raw.asIntBuffer().get(ints);
    } else if (data instanceof short[] shorts) {
      raw.asShortBuffer().get(shorts);
    } else {
      raw.get((byte[]) data);
    }
  }

  private static List<? extends Number> values(TensorProto proto, ElementType type) {
    return switch (type) {
      case FLOAT -> proto.getFloatDataList();
      case DOUBLE -> proto.getDoubleDataList();
      case INT64 -> proto.getInt64DataList();
      case UINT32, UINT64 -> proto.getUint64DataList();
      default -> proto.getInt32DataList();
    };
  }

  private static void readFields(TensorProto proto, ElementType type, int elements, Object data) {
    List<? extends Number> values = values(proto, type);
    expect(proto, elements, values.size(), "elements");
    for (int i = 0; i < elements; i++) {
      Number value = values.get(i);
      if (data instanceof float[] floats) {
        floats[i] = value.floatValue();
      } else if (data instanceof double[] doubles) {
        doubles[i] = value.doubleValue();
      } else if (data instanceof long[] longs) {
        longs[i] = value.longValue();
      } else if (data instanceof int[] ints) {
        ints[i] = value.intValue();
      } else if (data instanceof short[] shorts) {
        shorts[i] = value.shortValue();
      } else {
        ((byte[]) data)[i] = value.byteValue();
      }
    }
  }
}
