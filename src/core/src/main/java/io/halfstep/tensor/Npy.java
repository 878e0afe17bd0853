package io.halfstep.tensor;

import io.halfstep.failure.InvalidInputException;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A NumPy array that is read from the front, some rows of its first axis at a time, so that a file
 * may be larger than memory. Versions 1 to 3 of the format, both byte orders, booleans, integers,
 * and floats of 16, 32 and 64 bits.
 *
 * <p>The rows of an array in Fortran order are scattered over the file, so it is read as a whole,
 * up to {@value #FORTRAN_LIMIT} bytes.
 *
 * <p>Every method that reads throws {@link InvalidInputException} if the file is truncated,
 * damaged, or unreadable. Not thread-safe.
 */
public final class Npy implements Closeable {
  static final long FORTRAN_LIMIT = 256L << 20;
  private static final int BUFFER = 1 << 16;

  private final String name;
  private final InputStream in;
  private final NpyHeader header;
  private final int rowElements;
  private final long rows;
  private final byte[] buffer = new byte[BUFFER];
  private long position;
  private @Nullable Tensor transposed;

  private Npy(String name, InputStream in, NpyHeader header, int rowElements) {
    this.name = name;
    this.in = in;
    this.header = header;
    this.rowElements = rowElements;
    this.rows = header.shape().length == 0 ? 1 : header.shape()[0];
  }

  /** Opens a .npy file. */
  public static Npy open(Path file) {
    try {
      long size = Files.size(file);
      return open(new BufferedInputStream(Files.newInputStream(file), BUFFER), size, file + "");
    } catch (NoSuchFileException e) {
      throw new InvalidInputException(file + ": no such file", e);
    } catch (IOException e) {
      throw new InvalidInputException(file + ": can't be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads an array's header.
   *
   * @param size the number of bytes in the stream
   * @param name the array's name in error messages
   */
  static Npy open(InputStream in, long size, String name) {
    try {
      NpyHeader header = NpyHeader.read(in, name);
      return new Npy(name, in, header, checkedRow(header, size, name));
    } catch (IOException e) {
      close(in);
      throw damaged(name, e);
    } catch (RuntimeException e) {
      close(in);
      throw e;
    }
  }

  /** Returns the elements of one row, after checking the header against the file's size. */
  private static int checkedRow(NpyHeader header, long size, String name) {
    long[] shape = header.shape();
    long elements = 1;
    long row = 1;
    for (int axis = 0; axis < shape.length; axis++) {
      elements *= shape[axis];
      row *= axis == 0 ? 1 : shape[axis];
    }
    long expected = elements * header.type().bytes();
    long found = size - header.length();
    if (found != expected) {
      throw new InvalidInputException(
          "%s: %s, its header announces %s%s (%d bytes) and %d follow"
              .formatted(
                  name,
                  found < expected ? "cut short" : "has bytes after its end",
                  header.type(),
                  Arrays.toString(shape),
                  expected,
                  found));
    }
    if (elements == 0) {
      return 0;
    }
    if (row > Integer.MAX_VALUE - 8) {
      throw new InvalidInputException(
          name + ": a row of " + Arrays.toString(shape) + " has more than 2^31 elements");
    }
    return (int) row;
  }

  /** Returns the array's name for messages: the file, and its name within an archive. */
  public String name() {
    return name;
  }

  public ElementType type() {
    return header.type();
  }

  /** Returns the whole array's shape; a copy. */
  public long[] shape() {
    return header.shape().clone();
  }

  /** Returns the size of the first axis; 1 for an array without axes. */
  public long rows() {
    return rows;
  }

  /** Returns the rows that have not been read yet. */
  public long remaining() {
    return rows - position;
  }

  /**
   * Returns the next rows.
   *
   * @return {@code min(atMost, remaining())} rows, fewer if they would not fit into one Java array;
   *     the shape is the array's except for the first axis
   */
  public Tensor next(int atMost) {
    int count = (int) Math.min(Math.min(atMost, remaining()), largestCount());
    Tensor part;
    if (header.fortranOrder() && header.shape().length > 1) {
      if (transposed == null) {
        transposed = readTransposed();
      }
      part = transposed.rows((int) position, (int) position + count);
    } else {
      part = Tensor.of(header.type(), read(count * rowElements), shapeOf(count));
    }
    position += count;
    return part;
  }

  /** Returns all rows that remain, as one tensor. */
  public Tensor all() {
    if (remaining() > largestCount()) {
      throw new InvalidInputException(
          name + ": too large to be read whole: " + Arrays.toString(header.shape()));
    }
    return next((int) remaining());
  }

  private long largestCount() {
    return rowElements == 0 ? Integer.MAX_VALUE : (Integer.MAX_VALUE - 8) / rowElements;
  }

  private long[] shapeOf(int count) {
    long[] shape = header.shape().clone();
    if (shape.length > 0) {
      shape[0] = count;
    }
    return shape;
  }

  /** Returns the next elements in the file's order; after the last one the stream must end. */
  private Object read(int elements) {
    int size = header.type().bytes();
    Object target = header.type().allocate(elements);
    try {
      for (int at = 0; at < elements; ) {
        int part = Math.min(elements - at, BUFFER / size);
        if (in.readNBytes(buffer, 0, part * size) < part * size) {
          throw new EOFException("cut short");
        }
        ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, part * size).order(header.order());
        Elements.decode(bytes, header.type(), target, at);
        at += part;
      }
      boolean last = rowElements == 0 || position + elements / rowElements >= rows;
      if (last && in.read() >= 0) {
        throw new IOException("it has bytes after its end");
      }
    } catch (IOException e) {
      throw damaged(name, e);
    }
    return target;
  }

  private Tensor readTransposed() {
    long[] shape = header.shape();
    long elements = rows * rowElements;
    if (elements * header.type().bytes() > FORTRAN_LIMIT) {
      throw new InvalidInputException(
          name
              + ": is in Fortran order and too large to be reordered in memory; save it with"
              + " np.save(file, np.ascontiguousarray(array))");
    }
    Object columnMajor = read((int) elements);
    Object rowMajor = header.type().allocate((int) elements);
    int[] stride = new int[shape.length];
    for (int axis = shape.length - 1, s = 1; axis >= 0; axis--) {
      stride[axis] = s;
      s *= (int) shape[axis];
    }
    int[] index = new int[shape.length];
    for (int from = 0, to = 0; from < elements; from++) {
      System.arraycopy(columnMajor, from, rowMajor, to, 1);
      for (int axis = 0; axis < shape.length; axis++) {
        to += stride[axis];
        if (++index[axis] < shape[axis]) {
          break;
        }
        to -= stride[axis] * index[axis];
        index[axis] = 0;
      }
    }
    return Tensor.of(header.type(), rowMajor, shape);
  }

  private static InvalidInputException damaged(String name, IOException e) {
    return new InvalidInputException(name + ": damaged: " + e.getMessage(), e);
  }

  private static void close(InputStream in) {
    try {
      in.close();
    } catch (IOException e) {
      // Nothing was written, so nothing is lost.
    }
  }

  @Override
  public void close() {
    close(in);
  }
}
