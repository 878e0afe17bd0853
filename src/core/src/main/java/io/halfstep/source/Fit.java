package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * How an array fits an input: as samples along an axis, or as a whole.
 *
 * @param samples the number of samples in the array; {@link #ANY} if it is one value for all
 * @param sample the input's shape of one sample, with a batch axis of 1
 * @param axis the array's axis that counts samples; −1 if it is a sample as a whole
 */
record Fit(long samples, long[] sample, int axis) {
  /** One value for all samples. */
  static final long ANY = -1;

  private static final int WHOLE = -1;

  /**
   * Fits an array of this shape to an input: {@code [n, dims…]} as n samples; {@code [dims…]} as
   * one sample without a batch axis; and if the input has an axis of size 1 that the array lacks
   * ({@code [n, 28, 28]} for {@code [N, 1, 28, 28]}), with that axis inserted. A scalar is one
   * value for all samples, and so is an array for an input without a batch axis.
   *
   * @return null if it does not fit
   * @throws InvalidInputException if it fits in more than one way
   */
  static @Nullable Fit of(long[] shape, InputPort port, String where) {
    if (!port.isBatched()) {
      return unbatched(shape, port);
    }
    int rank = port.shape().length;
    int batch = port.batchAxis();
    if (rank == 0) {
      return shape.length <= batch ? null : along(batch, shape);
    }
    if (shape.length == 0) {
      long[] ones = LongStream.generate(() -> 1).limit(rank).toArray();
      return port.fits(without(batch, ones)) && isKnown(port) ? new Fit(ANY, ones, WHOLE) : null;
    }
    if (shape.length == rank) {
      return port.fits(without(batch, shape)) ? along(batch, shape) : null;
    }
    if (shape.length != rank - 1) {
      return null;
    }
    boolean small = Arrays.stream(shape).asDoubleStream().reduce(1, (a, b) -> a * b) < 0x1p31 - 8;
    Fit whole = small && port.fits(shape) ? new Fit(1, insert(shape, batch), WHOLE) : null;
    Fit inserted = batch == 0 ? insertAxis(shape, port) : null;
    if (whole != null && inserted != null && !whole.sameAs(inserted)) {
      throw new InvalidInputException(
          "%s: %s could be one sample or %d samples for input %s; give it all %d axes"
              .formatted(where, Arrays.toString(shape), shape[0], port, rank));
    }
    return whole != null ? whole : inserted;
  }

  private static @Nullable Fit unbatched(long[] shape, InputPort port) {
    if (port.fits(shape)) {
      return new Fit(ANY, shape, WHOLE);
    }
    return shape.length > 0 && port.fits(without(0, shape))
        ? new Fit(shape[0], without(0, shape), 0)
        : null;
  }

  private static boolean isKnown(InputPort port) {
    return Arrays.stream(without(port.batchAxis(), port.shape())).allMatch(dim -> dim == 1);
  }

  private static @Nullable Fit insertAxis(long[] shape, InputPort port) {
    for (int axis = 1; axis < port.shape().length; axis++) {
      if (port.shape()[axis] == 1) {
        long[] full = insert(shape, axis);
        if (port.fits(without(0, full))) {
          return new Fit(shape[0], insert(without(0, full), 0), 0);
        }
      }
    }
    return null;
  }

  private static Fit along(int axis, long[] shape) {
    return new Fit(shape[axis], insert(without(axis, shape), axis), axis);
  }

  private static long[] without(int axis, long[] shape) {
    return LongStream.concat(
            Arrays.stream(shape, 0, axis), Arrays.stream(shape, axis + 1, shape.length))
        .toArray();
  }

  private static long[] insert(long[] shape, int axis) {
    return LongStream.concat(
            LongStream.concat(Arrays.stream(shape, 0, axis), LongStream.of(1)),
            Arrays.stream(shape, axis, shape.length))
        .toArray();
  }

  /** Returns whether samples follow each other along the first axis. */
  boolean isByRows() {
    return axis == 0 && samples != 1;
  }

  /** Returns one of the samples of an array that fits this way. */
  Tensor sample(Tensor array, int number) {
    return (samples == 1 || axis == WHOLE ? array : array.slice(axis, number)).reshape(sample);
  }

  private boolean sameAs(Fit other) {
    return samples == other.samples && Arrays.equals(sample, other.sample);
  }
}
