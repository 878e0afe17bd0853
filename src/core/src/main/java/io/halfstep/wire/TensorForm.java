package io.halfstep.wire;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Element type, shape, and the elements as little-endian bytes. */
final class TensorForm {
  private static final int CHUNK = 1 << 16;

  private TensorForm() {}

  static void write(WireWriter to, Tensor tensor) {
    to.number(tensor.type().onnx()).numbers(tensor.shape());
    int width = tensor.type().bytes();
    byte[] chunk = new byte[CHUNK];
    ByteBuffer buffer = ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < tensor.size(); from += CHUNK / width) {
      int count = Math.min(CHUNK / width, tensor.size() - from);
      put(buffer, tensor.data(), from, count);
      to.bytes(chunk, count * width);
    }
  }

  static Tensor read(WireReader from) {
    ElementType type = ElementType.ofOnnx(from.integer());
    long[] shape = from.numbers();
    from.expect((long) Tensor.elements(shape) * type.bytes());
    Tensor tensor = Tensor.zeros(type, shape);
    int width = tensor.type().bytes();
    byte[] chunk = new byte[CHUNK];
    ByteBuffer buffer = ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < tensor.size(); at += CHUNK / width) {
      int count = Math.min(CHUNK / width, tensor.size() - at);
      from.bytes(chunk, count * width);
      get(buffer, tensor.data(), at, count);
    }
    return tensor;
  }

  private static void put(ByteBuffer to, Object data, int from, int count) {
    to.clear();
    if (data instanceof float[] a) {
      to.asFloatBuffer().put(a, from, count);
    } else if (data instanceof double[] a) {
      to.asDoubleBuffer().put(a, from, count);
    } else if (data instanceof long[] a) {
      to.asLongBuffer().put(a, from, count);
    } else if (data instanceof int[] a) {
      to.asIntBuffer().put(a, from, count);
    } else if (data instanceof short[] a) {
      to.asShortBuffer().put(a, from, count);
    } else {
      to.put((byte[]) data, from, count);
    }
  }

  private static void get(ByteBuffer from, Object data, int at, int count) {
    from.clear();
    if (data instanceof float[] a) {
      from.asFloatBuffer().get(a, at, count);
    } else if (data instanceof double[] a) {
      from.asDoubleBuffer().get(a, at, count);
    } else if (data instanceof long[] a) {
      from.asLongBuffer().get(a, at, count);
    } else if (data instanceof int[] a) {
      from.asIntBuffer().get(a, at, count);
    } else if (data instanceof short[] a) {
      from.asShortBuffer().get(a, at, count);
    } else {
      from.get((byte[]) data, at, count);
    }
  }
}
