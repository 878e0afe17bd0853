package io.halfstep.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.RawSample;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The stored form of a sample, little-endian: version (1 byte), number of tensors (2); for each of
 * them, the length of its name (2), the name in UTF-8, its element type's ONNX number (1), its
 * number of axes (1), their sizes (4 each), its elements. The store keeps checksums.
 */
final class SampleRecord {
  private static final byte VERSION = 1;

  private SampleRecord() {}

  static byte[] encode(RawSample sample) {
    int size = 3;
    for (Map.Entry<String, Tensor> input : sample.inputs().entrySet()) {
      Tensor tensor = input.getValue();
      size = Math.addExact(size, 4 + input.getKey().getBytes(UTF_8).length + 4 * tensor.rank());
      size = Math.addExact(size, Math.toIntExact(tensor.bytes()));
    }
    byte[] bytes = new byte[size];
    ByteBuffer to = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    to.put(VERSION).putShort((short) sample.inputs().size());
    sample
        .inputs()
        .forEach(
            (name, tensor) -> {
              byte[] utf8 = name.getBytes(UTF_8);
              to.putShort((short) utf8.length).put(utf8);
              to.put((byte) tensor.type().onnx()).put((byte) tensor.rank());
              for (long dim : tensor.shape()) {
                to.putInt((int) dim);
              }
              tensor.encode(to);
            });
    return bytes;
  }

  /**
   * Reads a sample.
   *
   * @throws IllegalStateException if it is of another version, or damaged
   */
  static RawSample decode(byte[] bytes) {
    try {
      return read(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    } catch (BufferUnderflowException | ArithmeticException | InvalidInputException e) {
      throw new IllegalStateException("a stored sample is damaged: " + e, e);
    }
  }

  private static RawSample read(ByteBuffer from) {
    byte version = from.get();
    if (version != VERSION) {
      throw new IllegalStateException(
          "written in version %d of the format, expected version %d".formatted(version, VERSION));
    }
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (int left = Short.toUnsignedInt(from.getShort()); left > 0; left--) {
      byte[] name = new byte[Short.toUnsignedInt(from.getShort())];
      from.get(name);
      ElementType type = ElementType.ofOnnx(from.get());
      long[] shape = new long[Byte.toUnsignedInt(from.get())];
      for (int axis = 0; axis < shape.length; axis++) {
        shape[axis] = from.getInt();
      }
      inputs.put(new String(name, UTF_8), Tensor.decode(type, from, shape));
    }
    return new RawSample(inputs);
  }
}
