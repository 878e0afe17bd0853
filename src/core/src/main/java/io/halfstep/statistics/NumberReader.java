package io.halfstep.statistics;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads what a {@link NumberWriter} wrote. */
public final class NumberReader {
  private final InputStream in;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(NumberWriter.CHUNK * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);

  public NumberReader(InputStream in) {
    this.in = in;
  }

  long readLong() throws IOException {
    fill(Long.BYTES);
    return buffer.getLong(0);
  }

  void read(double[] values, int from, int count) throws IOException {
    for (int done = 0; done < count; ) {
      int n = Math.min(NumberWriter.CHUNK, count - done);
      fill(n * Double.BYTES);
      buffer.asDoubleBuffer().get(values, from + done, n);
      done += n;
    }
  }

  void read(float[] values, int from, int count) throws IOException {
    for (int done = 0; done < count; ) {
      int n = Math.min(NumberWriter.CHUNK, count - done);
      fill(n * Float.BYTES);
      buffer.asFloatBuffer().get(values, from + done, n);
      done += n;
    }
  }

  private void fill(int bytes) throws IOException {
    if (in.readNBytes(buffer.array(), 0, bytes) < bytes) {
      throw new EOFException("it ends too early");
    }
  }
}
