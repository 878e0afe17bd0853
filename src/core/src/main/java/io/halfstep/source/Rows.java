package io.halfstep.source;

import io.halfstep.tensor.NamedTensor;
import io.halfstep.tensor.Npy;
import io.halfstep.tensor.Npz;
import io.halfstep.tensor.Tensor;
import java.io.Closeable;
import java.nio.file.Path;

/** An open array, read along its first axis. */
interface Rows extends Closeable {
  /** Returns the file, and the array in it. */
  String where();

  long[] shape();

  /** Returns the next rows, with all axes. An array without axes is one row. */
  Tensor next(int rows);

  @Override
  void close();

  static Rows npy(Path file) {
    Npy npy = Npy.open(file);
    return of(npy, npy::close);
  }

  static Rows npz(Path file, String array) {
    Npz npz = Npz.open(file);
    try {
      Npy npy = npz.array(array);
      return of(
          npy,
          () -> {
            npy.close();
            npz.close();
          });
    } catch (RuntimeException e) {
      npz.close();
      throw e;
    }
  }

  private static Rows of(Npy npy, Runnable close) {
    return new Rows() {
      @Override
      public String where() {
        return npy.name();
      }

      @Override
      public long[] shape() {
        return npy.shape();
      }

      @Override
      public Tensor next(int rows) {
        return npy.next(rows);
      }

      @Override
      public void close() {
        close.run();
      }
    };
  }

  static Rows proto(Path file) {
    return of(file.toString(), NamedTensor.read(file).tensor());
  }

  /** Returns the rows of a tensor in memory. */
  static Rows of(String name, Tensor whole) {
    return new Rows() {
      private int position;

      @Override
      public String where() {
        return name;
      }

      @Override
      public long[] shape() {
        return whole.shape();
      }

      @Override
      public Tensor next(int rows) {
        if (whole.rank() == 0) {
          return whole;
        }
        position += rows;
        return whole.rows(position - rows, position);
      }

      @Override
      public void close() {}
    };
  }
}
