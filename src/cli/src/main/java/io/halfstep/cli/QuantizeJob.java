package io.halfstep.cli;

import io.halfstep.Quantization;
import io.halfstep.QuantizedModel;

/** The run between reading the model and writing the results: {@link Quantization#run}. */
@FunctionalInterface
public interface QuantizeJob {
  /**
   * Runs to the end.
   *
   * @throws InterruptedException if the calling thread is interrupted; all resources are released
   *     by then
   */
  QuantizedModel run(Quantization quantization) throws InterruptedException;
}
