package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * How an array fits an input: as rows of its first axis, or as a whole.
 *
 * @param samples the number of samples in the array
 * @param sample the input's shape of one sample, with a first axis of 1
 */
record Fit(long samples, long[] sample) {

  /**
   * Fits an array of this shape to an input: {@code [n, dims…]} as n samples; {@code [dims…]} as
   * one sample without a batch axis; and if the input has an axis of size 1 that the array lacks
   * ({@code [n, 28, 28]} for {@code [N, 1, 28, 28]}), with that axis inserted.
   *
   * @return null if it does not fit
   * @throws InvalidInputException if it fits in more than one way
   */
  static @Nullable Fit of(long[] shape, InputPort port, String where) {
    int rank = port.shape().length;
    if (rank == 0) {
      return shape.length == 0 ? null : rows(shape);
    }
    if (shape.length == rank) {
      return port.fits(rest(shape)) ? rows(shape) : null;
    }
    if (shape.length != rank - 1) {
      return null;
    }
    boolean small = Arrays.stream(shape).asDoubleStream().reduce(1, (a, b) -> a * b) < 0x1p31 - 8;
    Fit whole = small && port.fits(shape) ? new Fit(1, insert(shape, 0)) : null;
    Fit inserted = insertAxis(shape, port);
    if (whole != null && inserted != null && !whole.sameAs(inserted)) {
      throw new InvalidInputException(
          "%s: %s could be one sample or %d samples for input %s; give it all %d axes"
              .formatted(where, Arrays.toString(shape), shape[0], port, rank));
    }
    return whole != null ? whole : inserted;
  }

  private static @Nullable Fit insertAxis(long[] shape, InputPort port) {
    for (int axis = 1; axis < port.shape().length && shape.length > 0; axis++) {
      if (port.shape()[axis] == 1) {
        long[] full = insert(shape, axis);
        if (port.fits(rest(full))) {
          return rows(full);
        }
      }
    }
    return null;
  }

  private static Fit rows(long[] shape) {
    return new Fit(shape[0], insert(rest(shape), 0));
  }

  private static long[] rest(long[] shape) {
    return Arrays.copyOfRange(shape, 1, shape.length);
  }

  private static long[] insert(long[] shape, int axis) {
    return LongStream.concat(
            LongStream.concat(Arrays.stream(shape, 0, axis), LongStream.of(1)),
            Arrays.stream(shape, axis, shape.length))
        .toArray();
  }

  /** Returns one of the samples of an array that fits this way. */
  Tensor sample(Tensor array, int number) {
    return (samples == 1 ? array : array.rows(number, number + 1)).reshape(sample);
  }

  private boolean sameAs(Fit other) {
    return samples == other.samples && Arrays.equals(sample, other.sample);
  }
}
