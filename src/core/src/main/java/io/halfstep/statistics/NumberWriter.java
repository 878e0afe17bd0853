package io.halfstep.statistics;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes arrays of numbers of any size to a stream in chunks, little-endian. */
public final class NumberWriter {
  static final int CHUNK = 1 << 13;

  private final OutputStream out;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(CHUNK * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);

  public NumberWriter(OutputStream out) {
    this.out = out;
  }

  void write(long value) throws IOException {
    out.write(buffer.putLong(0, value).array(), 0, Long.BYTES);
  }

  void write(double[] values, int from, int count) throws IOException {
    for (int done = 0; done < count; ) {
      int n = Math.min(CHUNK, count - done);
      buffer.asDoubleBuffer().put(values, from + done, n);
      out.write(buffer.array(), 0, n * Double.BYTES);
      done += n;
    }
  }

  void write(float[] values, int from, int count) throws IOException {
    for (int done = 0; done < count; ) {
      int n = Math.min(CHUNK, count - done);
      buffer.asFloatBuffer().put(values, from + done, n);
      out.write(buffer.array(), 0, n * Float.BYTES);
      done += n;
    }
  }
}
