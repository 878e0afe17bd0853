package io.halfstep.tensor;

import java.lang.reflect.Array;
import java.nio.ByteBuffer;

/** The binary form of elements. */
final class Elements {
  private Elements() {}

  /**
   * Decodes all bytes that remain, a multiple of the element size, in the buffer's byte order.
   *
   * @param target a primitive array of the type's kind, written from {@code at} on
   */
  static void decode(ByteBuffer bytes, ElementType type, Object target, int at) {
    int count = bytes.remaining() / type.bytes();
    switch (type) {
      case FLOAT -> bytes.asFloatBuffer().get((float[]) target, at, count);
      case DOUBLE -> bytes.asDoubleBuffer().get((double[]) target, at, count);
      case INT64, UINT64 -> bytes.asLongBuffer().get((long[]) target, at, count);
      case INT32, UINT32 -> bytes.asIntBuffer().get((int[]) target, at, count);
      case INT16, UINT16, FLOAT16, BFLOAT16 ->
          bytes.asShortBuffer().get((short[]) target, at, count);
      case INT8, UINT8, BOOL -> bytes.get((byte[]) target, at, count);
    }
  }

  /**
   * Encodes a primitive array of the type's kind in the buffer's byte order at its position, which
   * advances.
   */
  static void encode(Object data, ElementType type, ByteBuffer to) {
    int start = to.position();
    int count = Array.getLength(data);
    switch (type) {
      case FLOAT -> to.asFloatBuffer().put((float[]) data);
      case DOUBLE -> to.asDoubleBuffer().put((double[]) data);
      case INT64, UINT64 -> to.asLongBuffer().put((long[]) data);
      case INT32, UINT32 -> to.asIntBuffer().put((int[]) data);
      case INT16, UINT16, FLOAT16, BFLOAT16 -> to.asShortBuffer().put((short[]) data);
      case INT8, UINT8, BOOL -> to.slice().put((byte[]) data);
    }
    to.position(start + count * type.bytes());
  }
}
