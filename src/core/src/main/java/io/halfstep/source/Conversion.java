package io.halfstep.source;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Half;
import io.halfstep.tensor.Tensor;

/**
 * Converts data to another element type. Integers keep their value or are rejected, also if a float
 * type can't represent them exactly. Floats are rounded to the nearest value of a shorter float
 * type.
 */
final class Conversion {
  private Conversion() {}

  static Tensor convert(Tensor tensor, ElementType target) throws RejectedException {
    if (tensor.type() == target) {
      return tensor;
    }
    requireExact(tensor, target);
    Object data =
        switch (target) {
          case FLOAT -> floats(tensor);
          case DOUBLE -> doubles(tensor);
          case FLOAT16 -> halves(floats(tensor));
          case INT64, INT32, UINT32, INT16, UINT16, INT8, UINT8, BOOL ->
              narrow(longs(tensor), target);
          case UINT64, BFLOAT16 ->
              throw new RejectedException(
                  "element type", tensor.type() + " can't be converted to " + target);
        };
    return Tensor.of(target, data, tensor.shape());
  }

  /** Rejects integers that a float type would round: they are more likely ids than quantities. */
  private static void requireExact(Tensor tensor, ElementType target) throws RejectedException {
    int digits =
        switch (target) {
          case FLOAT16 -> 11;
          case FLOAT -> 24;
          case DOUBLE -> 53;
          default -> Long.SIZE;
        };
    if (isFloat(tensor.type()) || 8 * tensor.type().bytes() <= digits) {
      return;
    }
    for (int i = 0; i < tensor.size(); i++) {
      long value = integer(tensor.type(), tensor.data(), i);
      boolean negative = value < 0 && tensor.type() != ElementType.UINT64;
      long magnitude = negative ? -value : value; // unsigned
      int length = Long.SIZE - Long.numberOfLeadingZeros(magnitude);
      boolean exact =
          magnitude == 0
              || (length - Long.numberOfTrailingZeros(magnitude) <= digits
                  && (target != ElementType.FLOAT16 || length <= 16));
      if (!exact) {
        throw new RejectedException(
            "integer out of range",
            "%s is not exact as %s; send floats where they may be rounded"
                .formatted(negative ? Long.toString(value) : Long.toUnsignedString(value), target));
      }
    }
  }

  private static boolean isFloat(ElementType type) {
    return switch (type) {
      case FLOAT, DOUBLE, FLOAT16, BFLOAT16 -> true;
      default -> false;
    };
  }

  private static float[] floats(Tensor tensor) {
    int n = tensor.size();
    float[] to = new float[n];
    switch (tensor.type()) {
      case FLOAT -> System.arraycopy(tensor.floats(), 0, to, 0, n);
      case UINT8, BOOL -> {
        byte[] from = (byte[]) tensor.data();
        for (int i = 0; i < n; i++) {
          to[i] = from[i] & 0xff;
        }
      }
      case FLOAT16 -> {
        short[] from = (short[]) tensor.data();
        for (int i = 0; i < n; i++) {
          to[i] = Half.toFloat(from[i]);
        }
      }
      case INT64 -> {
        long[] from = (long[]) tensor.data();
        for (int i = 0; i < n; i++) {
          to[i] = from[i];
        }
      }
      default -> {
        double[] from = doubles(tensor);
        for (int i = 0; i < n; i++) {
          to[i] = (float) from[i];
        }
      }
    }
    return to;
  }

  private static double[] doubles(Tensor tensor) {
    double[] to = new double[tensor.size()];
    Object data = tensor.data();
    for (int i = 0; i < to.length; i++) {
      to[i] =
          switch (tensor.type()) {
            case FLOAT -> ((float[]) data)[i];
            case DOUBLE -> ((double[]) data)[i];
            case FLOAT16 -> Half.toFloat(((short[]) data)[i]);
            case BFLOAT16 -> Half.ofBfloat16(((short[]) data)[i]);
            case UINT64 -> unsigned(((long[]) data)[i]);
            default -> integer(tensor.type(), data, i);
          };
    }
    return to;
  }

  /** Converts the upper 63 bits, with a sticky lowest bit so that the result is rounded once. */
  private static double unsigned(long value) {
    return value >= 0 ? value : (double) (value >>> 1 | (value & 1)) * 2;
  }

  private static long integer(ElementType type, Object data, int i) {
    return switch (type) {
      case INT64, UINT64 -> ((long[]) data)[i];
      case INT32 -> ((int[]) data)[i];
      case UINT32 -> Integer.toUnsignedLong(((int[]) data)[i]);
      case INT16 -> ((short[]) data)[i];
      case UINT16 -> Short.toUnsignedLong(((short[]) data)[i]);
      case INT8 -> ((byte[]) data)[i];
      case UINT8, BOOL -> Byte.toUnsignedLong(((byte[]) data)[i]);
      case FLOAT, DOUBLE, FLOAT16, BFLOAT16 -> throw new IllegalArgumentException(type.name());
    };
  }

  private static long[] longs(Tensor tensor) throws RejectedException {
    long[] to = new long[tensor.size()];
    switch (tensor.type()) {
      case FLOAT, DOUBLE, FLOAT16, BFLOAT16 -> {
        double[] from = doubles(tensor);
        for (int i = 0; i < to.length; i++) {
          to[i] = (long) from[i];
          if (to[i] != from[i] || Math.abs(from[i]) >= 0x1p63) {
            throw new RejectedException(
                "not integers", from[i] + " in " + tensor.type() + " data for an integer input");
          }
        }
      }
      default -> {
        for (int i = 0; i < to.length; i++) {
          to[i] = integer(tensor.type(), tensor.data(), i);
          if (tensor.type() == ElementType.UINT64 && to[i] < 0) {
            throw outOfRange(Long.toUnsignedString(to[i]), ElementType.INT64);
          }
        }
      }
    }
    return to;
  }

  private static Object narrow(long[] from, ElementType target) throws RejectedException {
    long lowest =
        switch (target) {
          case INT8 -> Byte.MIN_VALUE;
          case INT16 -> Short.MIN_VALUE;
          case INT32 -> Integer.MIN_VALUE;
          case INT64 -> Long.MIN_VALUE;
          default -> 0;
        };
    long highest =
        switch (target) {
          case BOOL -> 1;
          case INT8 -> Byte.MAX_VALUE;
          case UINT8 -> 0xff;
          case INT16 -> Short.MAX_VALUE;
          case UINT16 -> 0xffff;
          case INT32 -> Integer.MAX_VALUE;
          case UINT32 -> 0xffffffffL;
          default -> Long.MAX_VALUE;
        };
    for (long value : from) {
      if (value < lowest || value > highest) {
        throw outOfRange(Long.toString(value), target);
      }
    }
    return switch (target.bytes()) {
      case 1 -> {
        byte[] to = new byte[from.length];
        for (int i = 0; i < to.length; i++) {
          to[i] = (byte) from[i];
        }
        yield to;
      }
      case 2 -> {
        short[] to = new short[from.length];
        for (int i = 0; i < to.length; i++) {
          to[i] = (short) from[i];
        }
        yield to;
      }
      case 4 -> {
        int[] to = new int[from.length];
        for (int i = 0; i < to.length; i++) {
          to[i] = (int) from[i];
        }
        yield to;
      }
      default -> from;
    };
  }

  private static short[] halves(float[] from) {
    short[] to = new short[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = Half.fromFloat(from[i]);
    }
    return to;
  }

  private static RejectedException outOfRange(String value, ElementType target) {
    return new RejectedException("integer out of range", value + " does not fit into " + target);
  }

  /** Rejects a float tensor that holds NaN or an infinity; integers always pass. */
  static void requireFinite(Tensor tensor) throws RejectedException {
    switch (tensor.type()) {
      case FLOAT -> {
        float[] values = tensor.floats();
        for (int i = 0; i < values.length; i++) {
          if (!Float.isFinite(values[i])) {
            throw notFinite(values[i], i);
          }
        }
      }
      case DOUBLE -> {
        double[] values = (double[]) tensor.data();
        for (int i = 0; i < values.length; i++) {
          if (!Double.isFinite(values[i])) {
            throw notFinite(values[i], i);
          }
        }
      }
      case FLOAT16 -> {
        short[] values = (short[]) tensor.data();
        for (int i = 0; i < values.length; i++) {
          if ((values[i] & 0x7c00) == 0x7c00) {
            throw notFinite(Half.toFloat(values[i]), i);
          }
        }
      }
      default -> {}
    }
  }

  private static RejectedException notFinite(double value, int element) {
    return new RejectedException("NaN or infinity", value + " at element " + element);
  }
}
