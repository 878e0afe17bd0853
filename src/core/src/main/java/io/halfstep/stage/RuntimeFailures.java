package io.halfstep.stage;

import io.halfstep.failure.Fault;
import io.halfstep.tensor.OnnxRuntimeException;
import java.util.function.Supplier;

/** Adds a remedy to failures of ONNX Runtime in a stage. */
final class RuntimeFailures {
  private RuntimeFailures() {}

  /** Runs a call of ONNX Runtime. */
  static <T> T advise(Supplier<T> call) {
    try {
      return call.get();
    } catch (OnnxRuntimeException e) {
      throw Fault.of(e) == Fault.MEMORY
          ? e
          : e.with("'halfstep evaluate' shows whether the float model runs on these samples");
    }
  }
}
