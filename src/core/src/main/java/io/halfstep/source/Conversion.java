package io.halfstep.source;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Half;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorValues;

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
          case FLOAT -> TensorValues.floats(tensor);
          case DOUBLE -> TensorValues.doubles(tensor);
          case FLOAT16 -> halves(TensorValues.floats(tensor));
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
    if (TensorValues.isFloat(tensor.type()) || 8 * tensor.type().bytes() <= digits) {
      return;
    }
    for (int i = 0; i < tensor.size(); i++) {
      long value = TensorValues.integer(tensor.type(), tensor.data(), i);
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

  private static long[] longs(Tensor tensor) throws RejectedException {
    long[] to = new long[tensor.size()];
    switch (tensor.type()) {
      case FLOAT, DOUBLE, FLOAT16, BFLOAT16 -> {
        double[] from = TensorValues.doubles(tensor);
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
          to[i] = TensorValues.integer(tensor.type(), tensor.data(), i);
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
