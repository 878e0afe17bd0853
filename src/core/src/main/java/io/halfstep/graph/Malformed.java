package io.halfstep.graph;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.Model;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.OnnxRuntimeException;

/**
 * What is wrong with a model that could not be taken apart: a graph may break the rules of its
 * operators in more ways than are looked for, but ONNX Runtime knows them all.
 */
final class Malformed {
  private Malformed() {}

  static InvalidInputException model(Model model, RuntimeException symptom) {
    try {
      OnnxProgram.load(model.proto().toByteArray(), new Options(1, Optimization.NONE)).close();
      return new InvalidInputException(
          "%s: cannot be taken apart: %s".formatted(model.path(), symptom), symptom);
    } catch (OnnxRuntimeException e) {
      return new InvalidInputException(
          "%s: ONNX Runtime refuses the model: %s".formatted(model.path(), e.getMessage()), e);
    }
  }
}
