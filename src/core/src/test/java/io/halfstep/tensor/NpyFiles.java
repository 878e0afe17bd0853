package io.halfstep.tensor;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes NumPy files for tests. */
public final class NpyFiles {
  private NpyFiles() {}

  /** A little-endian .npy file of version 1. */
  public static byte[] bytes(Tensor tensor) {
    byte[] header = header(descr(tensor.type()), tensor.shape());
    ByteBuffer all =
        ByteBuffer.allocate(header.length + (int) tensor.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    all.put(header);
    for (int i = 0; i < tensor.size(); i++) {
      Object value = Array.get(tensor.data(), i);
      if (value instanceof Float f) {
        all.putFloat(f);
      } else if (value instanceof Double d) {
        all.putDouble(d);
      } else if (value instanceof Long l) {
        all.putLong(l);
      } else if (value instanceof Integer n) {
        all.putInt(n);
      } else if (value instanceof Short s) {
        all.putShort(s);
      } else if (value instanceof Byte b) {
        all.put(b);
      }
    }
    return all.array();
  }

  /** The header of a .npy file of version 1. */
  public static byte[] header(String descr, long... shape) {
    String dims = Arrays.stream(shape).mapToObj(d -> d + ",").collect(Collectors.joining(" "));
    String text = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }".formatted(descr, dims);
    int padding = 63 - (10 + text.length()) % 64;
    byte[] dictionary = (text + " ".repeat(padding) + "\n").getBytes(StandardCharsets.UTF_8);
    ByteBuffer header = ByteBuffer.allocate(10 + dictionary.length).order(ByteOrder.LITTLE_ENDIAN);
    header.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    header.putShort((short) dictionary.length).put(dictionary);
    return header.array();
  }

  private static String descr(ElementType type) {
    return switch (type) {
      case FLOAT -> "<f4";
      case DOUBLE -> "<f8";
      case FLOAT16 -> "<f2";
      case INT8 -> "|i1";
      case INT16 -> "<i2";
      case INT32 -> "<i4";
      case INT64 -> "<i8";
      case UINT8 -> "|u1";
      case UINT16 -> "<u2";
      case UINT32 -> "<u4";
      case UINT64 -> "<u8";
      case BOOL -> "|b1";
      case BFLOAT16 -> throw new IllegalArgumentException("NumPy has no bfloat16");
    };
  }

  public static Path write(Path file, Tensor tensor) {
    return write(file, bytes(tensor));
  }

  public static Path write(Path file, byte[] bytes) {
    try {
      return Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A deflated .npz file. */
  public static Path write(Path file, Map<String, Tensor> arrays) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, Tensor> array : arrays.entrySet()) {
        zip.putNextEntry(new ZipEntry(array.getKey() + ".npy"));
        zip.write(bytes(array.getValue()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return write(file, bytes.toByteArray());
  }

  /** Begins an entry of an archive that is written in pieces. */
  public static void begin(ZipOutputStream zip, String name, String descr, long... shape)
      throws IOException {
    zip.putNextEntry(new ZipEntry(name + ".npy"));
    ((OutputStream) zip).write(header(descr, shape));
  }
}
