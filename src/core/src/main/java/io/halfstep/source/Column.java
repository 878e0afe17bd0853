package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.Tensor;
import java.io.Closeable;

/** The samples of one file for one input, in the input's shape but not converted. */
interface Column extends Closeable {
  /** Returns the file, and the array in it. */
  String where();

  /** Returns the number of samples in the column; {@link Fit#ANY} if it is one value for all. */
  long samples();

  /**
   * Returns the next sample, with a first axis of 1; called at most {@link #samples()} times.
   *
   * @throws RejectedException if this sample is rejected; later ones may be valid
   * @throws InvalidInputException if the file is damaged
   */
  Tensor next() throws RejectedException;

  @Override
  void close();
}
