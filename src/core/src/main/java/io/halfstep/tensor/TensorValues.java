package io.halfstep.tensor;

/** Reads the elements of a tensor of any type as Java numbers. */
public final class TensorValues {
  private TensorValues() {}

  /** Returns whether a type is a floating-point type. */
  public static boolean isFloat(ElementType type) {
    return switch (type) {
      case FLOAT, DOUBLE, FLOAT16, BFLOAT16 -> true;
      default -> false;
    };
  }

  /** Returns the tensor in FLOAT; itself if it is. */
  public static Tensor single(Tensor tensor) {
    return tensor.type() == ElementType.FLOAT ? tensor : Tensor.of(floats(tensor), tensor.shape());
  }

  /** Returns the elements as floats, each rounded to the nearest. Always a new array. */
  public static float[] floats(Tensor tensor) {
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

  /** Returns the elements as doubles, each rounded to the nearest. */
  public static double[] doubles(Tensor tensor) {
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

  /** Returns an element of an integer type; UINT64 as its bits. */
  public static long integer(ElementType type, Object data, int i) {
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
}
