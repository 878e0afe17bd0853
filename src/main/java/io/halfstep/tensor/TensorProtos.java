package io.halfstep.tensor;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import com.google.protobuf.ByteString;
import io.halfstep.failure.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** Tensors as ONNX stores them, {@code onnx.TensorProto}. */
public final class TensorProtos {
  private TensorProtos() {}

  /**
   * Reads a tensor whose elements lie in {@code raw_data} or in one of the typed fields.
   *
   * @throws InvalidInputException if its element type is not supported, its elements lie in another
   *     file, or their number does not fit its shape
   */
  public static Tensor decode(TensorProto proto) {
    if (proto.getDataLocation() == DataLocation.EXTERNAL) {
      throw new InvalidInputException(
          "tensor '" + proto.getName() + "': its data lie in another file and were not loaded");
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

  /** Writes a tensor with its elements in {@code raw_data}. */
  public static TensorProto encode(String name, Tensor tensor) {
    TensorProto.Builder proto =
        TensorProto.newBuilder().setName(name).setDataType(tensor.type().onnx());
    for (long dimension : tensor.shape()) {
      proto.addDims(dimension);
    }
    ByteBuffer raw =
        ByteBuffer.allocate(Math.toIntExact(tensor.bytes())).order(ByteOrder.LITTLE_ENDIAN);
    Object data = tensor.data();
    if (data instanceof float[] floats) {
      raw.asFloatBuffer().put(floats);
    } else if (data instanceof double[] doubles) {
      raw.asDoubleBuffer().put(doubles);
    } else if (data instanceof long[] longs) {
      raw.asLongBuffer().put(longs);
    } else if (data instanceof int[] ints) {
      raw.asIntBuffer().put(ints);
    } else if (data instanceof short[] shorts) {
      raw.asShortBuffer().put(shorts);
    } else {
      raw.put((byte[]) data).flip();
    }
    return proto.setRawData(ByteString.copyFrom(raw)).build();
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
      // said below
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

  private static void readFields(TensorProto proto, ElementType type, int elements, Object data) {
    List<? extends Number> values =
        switch (type) {
          case FLOAT -> proto.getFloatDataList();
          case DOUBLE -> proto.getDoubleDataList();
          case INT64 -> proto.getInt64DataList();
          case UINT32, UINT64 -> proto.getUint64DataList();
          default -> proto.getInt32DataList();
        };
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
