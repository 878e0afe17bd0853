package io.halfstep;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Copies between tensors and ND4J's arrays. */
final class NdArrays {
  private NdArrays() {}

  /**
   * Returns the values of an array of any order or stride, row-major. Half-precision values become
   * floats, and unsigned 32-bit integers become 64-bit integers, which hold them exactly.
   *
   * @throws InvalidInputException if its elements are not numbers or truth values, or are unsigned
   *     64-bit integers
   */
  static Tensor tensor(INDArray array) {
    DataBuffer values = array.dup('c').data();
    ElementType type = type(array.dataType());
    Object data =
        switch (type) {
          case FLOAT -> values.asFloat();
          case DOUBLE -> values.asDouble();
          case INT64 -> values.asLong();
          case INT32 -> values.asInt();
          case INT16, UINT16 -> shorts(values.asInt());
          default -> bytes(values.asInt());
        };
    return Tensor.of(type, data, array.shape());
  }

  private static ElementType type(DataType type) {
    return switch (type) {
      case FLOAT, HALF, BFLOAT16 -> ElementType.FLOAT;
      case DOUBLE -> ElementType.DOUBLE;
      case LONG, UINT32 -> ElementType.INT64;
      case INT -> ElementType.INT32;
      case SHORT -> ElementType.INT16;
      case UINT16 -> ElementType.UINT16;
      case BYTE -> ElementType.INT8;
      case UBYTE -> ElementType.UINT8;
      case BOOL -> ElementType.BOOL;
      default ->
          throw new InvalidInputException(
              "an array of type %s: expected numbers of at most 64 bits, signed if 64"
                  .formatted(type));
    };
  }

  private static short[] shorts(int[] values) {
    short[] shorts = new short[values.length];
    for (int i = 0; i < values.length; i++) {
      shorts[i] = (short) values[i];
    }
    return shorts;
  }

  private static byte[] bytes(int[] values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  /** Returns an array of 32-bit integers, row-major. */
  static INDArray array(int[] values, long... shape) {
    return Nd4j.createFromArray(values).reshape(shape);
  }

  /** Returns an array of floats, row-major. */
  static INDArray array(float[] values, long... shape) {
    return Nd4j.createFromArray(values).reshape(shape);
  }
}
