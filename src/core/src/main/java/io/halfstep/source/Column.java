package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.Tensor;
import java.io.Closeable;

/**
 * The samples that one file has for one input, raw: shaped as the input takes them, not converted.
 */
interface Column extends Closeable {
  /** The file, and the array in it. */
  String where();

  /** How many samples the column holds from its beginning on. */
  long samples();

  /**
   * The next sample, with a first axis of 1; to be called {@link #samples()} times.
   *
   * @throws RejectedException if this one is of no use; the following may be
   * @throws InvalidInputException if the file is damaged
   */
  Tensor next() throws RejectedException;

  @Override
  void close();
}
