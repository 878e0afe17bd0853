package io.halfstep.tensor;

import java.lang.reflect.Array;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * A dense tensor: an element type, a shape, and the elements in row-major order in a primitive Java
 * array ({@code float[]} for FLOAT, {@code long[]} for INT64, {@code byte[]} for UINT8 and BOOL,
 * {@code short[]} for FLOAT16 …).
 *
 * <p>The array is not copied: the tensor takes it over, and nobody may write to it afterwards.
 *
 * <p>A tensor {@linkplain #onDemand on demand} holds no array and makes a new one at each access.
 */
public final class Tensor {
  private final ElementType type;
  private final long[] shape;
  private final Supplier<Object> data;

  private Tensor(ElementType type, long[] shape, Object data) {
    this(type, shape, () -> data);
  }

  private Tensor(ElementType type, long[] shape, Supplier<Object> data) {
    this.type = type;
    this.shape = shape;
    this.data = data;
  }

  /**
   * Returns a tensor that saves memory: the elements are made anew by each call that reads them.
   *
   * @param data makes the array, which must fit the element type and the shape
   */
  public static Tensor onDemand(ElementType type, Supplier<Object> data, long... shape) {
    return new Tensor(type, shape.clone(), data);
  }

  /**
   * Wraps {@code data}.
   *
   * @throws IllegalArgumentException if the array's type or length does not fit the element type or
   *     the shape
   */
  public static Tensor of(ElementType type, Object data, long... shape) {
    int elements = elements(shape);
    if (Array.getLength(data) != elements || data.getClass() != type.allocate(0).getClass()) {
      throw new IllegalArgumentException(
          data.getClass().getSimpleName()
              + " of length "
              + Array.getLength(data)
              + " for "
              + type
              + Arrays.toString(shape));
    }
    return new Tensor(type, shape.clone(), data);
  }

  /** Wraps {@code data} as FLOAT. */
  public static Tensor of(float[] data, long... shape) {
    return of(ElementType.FLOAT, data, shape);
  }

  /** Returns a tensor of zeros. */
  public static Tensor zeros(ElementType type, long... shape) {
    return new Tensor(type, shape.clone(), type.allocate(elements(shape)));
  }

  /**
   * Reads a tensor's elements in row-major order and the buffer's byte order from its position,
   * which advances.
   *
   * @throws java.nio.BufferUnderflowException if there are too few bytes
   * @throws ArithmeticException as {@link #elements}
   */
  public static Tensor decode(ElementType type, ByteBuffer from, long... shape) {
    int elements = elements(shape);
    long bytes = (long) elements * type.bytes();
    if (bytes > from.remaining()) {
      throw new BufferUnderflowException();
    }
    Object data = type.allocate(elements);
    ByteBuffer own = from.slice(from.position(), (int) bytes).order(from.order());
    Elements.decode(own, type, data, 0);
    from.position(from.position() + (int) bytes);
    return new Tensor(type, shape.clone(), data);
  }

  /**
   * Writes the elements in row-major order and the buffer's byte order at its position, which
   * advances.
   *
   * @throws java.nio.BufferOverflowException if there is no room for them
   */
  public void encode(ByteBuffer to) {
    Elements.encode(data(), type, to);
  }

  public ElementType type() {
    return type;
  }

  /** Returns the shape; a copy. */
  public long[] shape() {
    return shape.clone();
  }

  public int rank() {
    return shape.length;
  }

  /** Returns the size of one dimension; negative axes count from the end. */
  public long dim(int axis) {
    return shape[axis < 0 ? axis + shape.length : axis];
  }

  /** Returns the number of elements. */
  public int size() {
    return elements(shape);
  }

  /** Returns the size of the elements in bytes. */
  public long bytes() {
    return (long) size() * type.bytes();
  }

  /** Returns the elements themselves, a primitive array; not to be written to. */
  public Object data() {
    return data.get();
  }

  /** Returns the elements of a FLOAT tensor; not to be written to. */
  public float[] floats() {
    if (type != ElementType.FLOAT) {
      throw new IllegalStateException("not a FLOAT tensor: " + this);
    }
    return (float[]) data();
  }

  /** Returns the same elements under another shape of the same size. */
  public Tensor reshape(long... newShape) {
    return of(type, data(), newShape);
  }

  /** Rows {@code [from, to)} of the first dimension; a copy. */
  public Tensor rows(int from, int to) {
    int row = size() / Math.toIntExact(shape[0]);
    long[] part = shape.clone();
    part[0] = (long) to - from;
    Object copy = type.allocate((to - from) * row);
    System.arraycopy(data(), from * row, copy, 0, (to - from) * row);
    return new Tensor(type, part, copy);
  }

  /** Joins tensors of one type, equal in all but the first dimension, along the first dimension. */
  public static Tensor concatenate(List<Tensor> parts) {
    Tensor first = parts.get(0);
    long[] whole = first.shape.clone();
    whole[0] = parts.stream().mapToLong(t -> t.shape[0]).sum();
    Object joined = first.type.allocate(elements(whole));
    int at = 0;
    for (Tensor part : parts) {
      System.arraycopy(part.data(), 0, joined, at, part.size());
      at += part.size();
    }
    return new Tensor(first.type, whole, joined);
  }

  /** The same along another dimension. */
  public static Tensor concatenate(List<Tensor> parts, int axis) {
    if (axis == 0) {
      return concatenate(parts);
    }
    Tensor first = parts.get(0);
    long[] whole = first.shape.clone();
    whole[axis] = parts.stream().mapToLong(t -> t.shape[axis]).sum();
    Object joined = first.type.allocate(elements(whole));
    int blocks = elements(Arrays.copyOf(whole, axis));
    List<Object> arrays = parts.stream().map(Tensor::data).toList();
    int at = 0;
    for (int block = 0; block < blocks; block++) {
      for (int i = 0; i < parts.size(); i++) {
        int length = parts.get(i).size() / blocks;
        System.arraycopy(arrays.get(i), block * length, joined, at, length);
        at += length;
      }
    }
    return new Tensor(first.type, whole, joined);
  }

  /** Returns the part with this index along a dimension, which stays, of size 1; a copy. */
  public Tensor slice(int axis, int index) {
    long[] part = shape.clone();
    part[axis] = 1;
    Object copy = type.allocate(elements(part));
    int blocks = elements(Arrays.copyOf(shape, axis));
    int length = elements(part) / blocks;
    int step = Math.toIntExact(length * shape[axis]);
    Object whole = data();
    for (int block = 0; block < blocks; block++) {
      System.arraycopy(whole, block * step + index * length, copy, block * length, length);
    }
    return new Tensor(type, part, copy);
  }

  /**
   * Returns the number of elements of a shape.
   *
   * @throws ArithmeticException if it is 2³¹ or more, or an axis is negative
   */
  public static int elements(long... shape) {
    long n = 1;
    for (long d : shape) {
      if (d < 0) {
        throw new ArithmeticException("a negative axis: " + d);
      }
      n = Math.multiplyExact(n, d);
    }
    return Math.toIntExact(n);
  }

  @Override
  public String toString() {
    return type + Arrays.toString(shape);
  }
}
