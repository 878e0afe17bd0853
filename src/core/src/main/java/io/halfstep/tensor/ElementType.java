package io.halfstep.tensor;

import io.halfstep.failure.InvalidInputException;

/**
 * An element type of a tensor, with its number in {@code onnx.TensorProto.DataType} and its size in
 * bytes.
 */
public enum ElementType {
  FLOAT(1, 4),
  UINT8(2, 1),
  INT8(3, 1),
  UINT16(4, 2),
  INT16(5, 2),
  INT32(6, 4),
  INT64(7, 8),
  BOOL(9, 1),
  FLOAT16(10, 2),
  DOUBLE(11, 8),
  UINT32(12, 4),
  UINT64(13, 8),
  BFLOAT16(16, 2);

  private final int onnx;
  private final int bytes;

  ElementType(int onnx, int bytes) {
    this.onnx = onnx;
    this.bytes = bytes;
  }

  /** Returns the number of this type in {@code onnx.TensorProto.DataType}. */
  public int onnx() {
    return onnx;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /**
   * Returns the type with this number.
   *
   * @throws InvalidInputException for strings, complex numbers and other unsupported types
   */
  public static ElementType ofOnnx(int number) {
    for (ElementType type : values()) {
      if (type.onnx == number) {
        return type;
      }
    }
    throw new InvalidInputException(
        "element type " + number + " of onnx.TensorProto.DataType is not supported");
  }

  Object allocate(int elements) {
    return switch (this) {
      case FLOAT -> new float[elements];
      case DOUBLE -> new double[elements];
      case INT64, UINT64 -> new long[elements];
      case INT32, UINT32 -> new int[elements];
      case INT16, UINT16, FLOAT16, BFLOAT16 -> new short[elements];
      case INT8, UINT8, BOOL -> new byte[elements];
    };
  }
}
