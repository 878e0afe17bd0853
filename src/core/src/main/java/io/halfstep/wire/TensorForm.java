package io.halfstep.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Element type, shape, and the elements as little-endian bytes. */
final class TensorSerializer extends Serializer<Tensor> {
  private static final int CHUNK = 1 << 16;

  TensorSerializer() {
    super(false, true);
  }

  @Override
  public void write(Kryo kryo, Output output, Tensor tensor) {
    output.writeByte(tensor.type().onnx());
    output.writeByte(tensor.rank());
    for (long dim : tensor.shape()) {
      output.writeVarLong(dim, true);
    }
    int width = tensor.type().bytes();
    byte[] chunk = new byte[CHUNK];
    ByteBuffer buffer = ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < tensor.size(); from += CHUNK / width) {
      int count = Math.min(CHUNK / width, tensor.size() - from);
      put(buffer, tensor.data(), from, count);
      output.writeBytes(chunk, 0, count * width);
    }
  }

  @Override
  public Tensor read(Kryo kryo, Input input, Class<? extends Tensor> type) {
    ElementType elements = ElementType.ofOnnx(input.readByte());
    long[] shape = new long[input.readByte()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = input.readVarLong(true);
    }
    Tensor tensor = Tensor.zeros(elements, shape);
    int width = elements.bytes();
    byte[] chunk = new byte[CHUNK];
    ByteBuffer buffer = ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < tensor.size(); from += CHUNK / width) {
      int count = Math.min(CHUNK / width, tensor.size() - from);
      input.readBytes(chunk, 0, count * width);
      get(buffer, tensor.data(), from, count);
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
