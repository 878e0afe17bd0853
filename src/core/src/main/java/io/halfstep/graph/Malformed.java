package io.halfstep.graph;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.Model;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.OnnxRuntimeException;

/**
 * Explains why a model could not be partitioned: a graph may violate its operators' rules in more
 * ways than are checked here, but ONNX Runtime checks them all.
 */
final class Malformed {
  private Malformed() {}

  static InvalidInputException model(Model model, RuntimeException symptom) {
    try {
      OnnxProgram.load(model.proto().toByteArray(), new Options(1, Optimization.NONE)).close();
      return new InvalidInputException(
          "%s: cannot be partitioned: %s".formatted(model.path(), symptom), symptom);
    } catch (OnnxRuntimeException e) {
      return new InvalidInputException(
          "%s: ONNX Runtime refuses the model: %s".formatted(model.path(), e.getMessage()), e);
    }
  }
}
