package io.halfstep.synthesis;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.gradient.GradientModel;
import io.halfstep.gradient.TensorTrace;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** A network's loss and its gradient with respect to the input, for one shape of the input. */
final class InputGradient implements AutoCloseable {
  private final String input;
  private final String loss;
  private final long[] shape;
  private final OnnxProgram program;

  /**
   * Builds the backward model.
   *
   * @throws io.halfstep.gradient.NoGradientException if an operator before the loss has no gradient
   */
  InputGradient(StatisticsLoss forward, String input, long[] shape) {
    this.input = input;
    this.loss = forward.name();
    this.shape = shape.clone();
    TensorTrace trace =
        TensorTrace.of(forward.model(), Map.of(input, Tensor.zeros(ElementType.FLOAT, shape)));
    ModelProto backward = GradientModel.of(forward.model(), trace, loss, List.of(input));
    this.program = OnnxProgram.load(backward.toByteArray());
  }

  /**
   * @param gradient of the shape of the input
   */
  record Result(float loss, float[] gradient) {}

  /** Computes both on the calling thread. */
  Result at(float[] x) {
    Map<String, Tensor> results = program.run(Map.of(input, Tensor.of(x, shape)));
    Tensor gradient = requireNonNull(results.get(GradientModel.gradientOf(input)));
    return new Result(requireNonNull(results.get(loss)).floats()[0], gradient.floats());
  }

  /** Returns the shape of the input. */
  long[] shape() {
    return shape.clone();
  }

  @Override
  public void close() {
    program.close();
  }
}
