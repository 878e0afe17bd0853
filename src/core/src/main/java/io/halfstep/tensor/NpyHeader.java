package io.halfstep.tensor;

import io.halfstep.failure.InvalidInputException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The header of a .npy file: a magic number, the version, and a Python dictionary such as {@code
 * {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }}.
 *
 * @param length the header's size in bytes
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">the NPY
 *     format</a>
 */
record NpyHeader(
    ElementType type, ByteOrder order, boolean fortranOrder, long[] shape, long length) {

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int LONGEST_DICTIONARY = 1 << 16;

  private static final Pattern DESCR = Pattern.compile("['\"]descr['\"]\\s*:\\s*(\\[|'[^']*')");
  private static final Pattern FORTRAN =
      Pattern.compile("['\"]fortran_order['\"]\\s*:\\s*(True|False)");
  private static final Pattern SHAPE =
      Pattern.compile("['\"]shape['\"]\\s*:\\s*\\(([0-9L,\\s]*)\\)");
  private static final Pattern DTYPE = Pattern.compile("([<>|=]?)([a-zA-Z?])(\\d*).*");

  static NpyHeader read(InputStream in, String name) throws IOException {
    byte[] start = in.readNBytes(MAGIC.length + 2);
    if (start.length < MAGIC.length + 2
        || !Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new InvalidInputException(
          name + ": not a NumPy array (it does not begin with \\x93NUMPY); write it with np.save");
    }
    int version = start[MAGIC.length];
    if (version < 1 || version > 3) {
      throw new InvalidInputException(
          name + ": version " + version + " of the .npy format is not supported, expected 1 to 3");
    }
    int lengthBytes = version == 1 ? 2 : 4;
    byte[] prefix = exactly(in, lengthBytes);
    ByteBuffer number = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN);
    long dictionaryLength =
        version == 1
            ? Short.toUnsignedInt(number.getShort())
            : Integer.toUnsignedLong(number.getInt());
    if (dictionaryLength > LONGEST_DICTIONARY) {
      throw new InvalidInputException(
          name + ": damaged, its header claims " + dictionaryLength + " bytes");
    }
    String dictionary = new String(exactly(in, (int) dictionaryLength), StandardCharsets.UTF_8);
    return parse(dictionary, start.length + lengthBytes + dictionaryLength, name);
  }

  private static byte[] exactly(InputStream in, int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("ends inside its header");
    }
    return bytes;
  }

  private static NpyHeader parse(String dictionary, long length, String name) {
    String descr = field(DESCR, dictionary, "descr", name);
    String fortran = field(FORTRAN, dictionary, "fortran_order", name);
    String shape = field(SHAPE, dictionary, "shape", name);
    if (descr.equals("[")) {
      throw unsupported(name, "records (a structured dtype)");
    }
    Matcher dtype = DTYPE.matcher(descr.substring(1, descr.length() - 1));
    if (!dtype.matches()) {
      throw new InvalidInputException(name + ": dtype " + descr + " is not understood");
    }
    ByteOrder order =
        switch (dtype.group(1)) {
          case ">" -> ByteOrder.BIG_ENDIAN;
          case "<" -> ByteOrder.LITTLE_ENDIAN;
          default -> ByteOrder.nativeOrder();
        };
    ElementType type = type(dtype.group(2) + dtype.group(3), name);
    return new NpyHeader(type, order, fortran.equals("True"), dimensions(shape, name), length);
  }

  private static String field(Pattern pattern, String dictionary, String field, String name) {
    Matcher matcher = pattern.matcher(dictionary);
    if (!matcher.find()) {
      throw new InvalidInputException(
          name + ": damaged, its header has no valid '" + field + "' entry");
    }
    return matcher.group(1);
  }

  private static ElementType type(String kindAndSize, String name) {
    return switch (kindAndSize) {
      case "f2" -> ElementType.FLOAT16;
      case "f4" -> ElementType.FLOAT;
      case "f8" -> ElementType.DOUBLE;
      case "i1" -> ElementType.INT8;
      case "i2" -> ElementType.INT16;
      case "i4" -> ElementType.INT32;
      case "i8" -> ElementType.INT64;
      case "u1" -> ElementType.UINT8;
      case "u2" -> ElementType.UINT16;
      case "u4" -> ElementType.UINT32;
      case "u8" -> ElementType.UINT64;
      case "b1", "?" -> ElementType.BOOL;
      default ->
          throw unsupported(
              name,
              switch (kindAndSize.charAt(0)) {
                case 'O' -> "Python objects";
                case 'S', 'U', 'a' -> "strings";
                case 'c' -> "complex numbers";
                case 'M', 'm' -> "dates or times";
                default -> "elements of dtype '" + kindAndSize + "'";
              });
    };
  }

  private static InvalidInputException unsupported(String name, String what) {
    return new InvalidInputException(
        name + ": holds " + what + ", expected bool, integers or floats of 16, 32 or 64 bits");
  }

  private static long[] dimensions(String tuple, String name) {
    String digits = tuple.replaceAll("[L\\s]", "");
    if (digits.isEmpty()) {
      return new long[0];
    }
    try {
      long[] shape = Arrays.stream(digits.split(",")).mapToLong(Long::parseLong).toArray();
      long elements = 1;
      for (long dim : shape) {
        elements = Math.multiplyExact(elements, dim);
      }
      Math.multiplyExact(elements, Long.BYTES);
      return shape;
    } catch (NumberFormatException | ArithmeticException e) {
      throw new InvalidInputException(name + ": damaged, its header's shape is (" + tuple + ")", e);
    }
  }
}
