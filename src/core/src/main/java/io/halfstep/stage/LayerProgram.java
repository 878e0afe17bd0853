package io.halfstep.stage;

import static java.util.Objects.requireNonNull;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Layer;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.RunEvent;
import io.halfstep.quantizer.BiasPolicy;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.IntegerBias;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A layer's computation in ONNX Runtime, with the teacher's and the student's weight. */
final class LayerProgram implements AutoCloseable {
  private static final long LARGE = 1 << 20;

  private record Parameters(Tensor weight, @Nullable Tensor bias) {}

  private final LayerStage stage;
  private final Layer layer;
  private final Parameters teacher;
  private @Nullable OnnxProgram program;
  private Parameters student;
  private boolean rounded;

  LayerProgram(LayerStage stage) {
    this.stage = stage;
    layer = stage.layer();
    teacher = new Parameters(layer.weight(), layer.bias());
    student = teacher;
  }

  /** Prepares the computation; takes long. */
  void load() {
    program = RuntimeFailures.advise(() -> OnnxProgram.load(stage.program()));
  }

  /**
   * Sets the integers with which the student computes.
   *
   * @param input the encoding of the layer's input; null if that stays in float, or is dynamic
   */
  void round(RunEvent.Rounded rounding, @Nullable Encoding input) {
    QuantizedWeight weight = rounding.weight();
    QuantizedWeight suited = weight;
    Tensor bias = rounding.bias(layer.bias());
    Optional<BiasPolicy.Int32> int32 = BiasPolicy.int32(bias, input, weight.encoding());
    if (bias != null && int32.isPresent()) {
      IntegerBias integers = int32.get().round(weight);
      suited = integers.weight();
      bias = Tensor.of(integers.dequantize(), bias.shape());
    }
    student = new Parameters(reals(suited), bias);
    rounded = true;
  }

  /** The weight's real values, on demand where many would be kept beside the integers. */
  private Tensor reals(QuantizedWeight weight) {
    Supplier<Object> reals = () -> layer.layout().fromRows(weight.dequantize());
    long[] shape = layer.weight().shape();
    return layer.weight().bytes() < LARGE
        ? Tensor.of(ElementType.FLOAT, reals.get(), shape)
        : Tensor.onDemand(ElementType.FLOAT, reals, shape);
  }

  /** Returns the layer's output for the teacher's and the student's input. */
  Activation forward(Activation input) {
    requireAxes(input.teacher());
    if (input.isShared() && !rounded) {
      return Activation.shared(run(input.teacher(), teacher));
    }
    Tensor[] both = new Tensor[2];
    IntStream.range(0, 2)
        .parallel()
        .forEach(
            i -> both[i] = i == 0 ? run(input.teacher(), teacher) : run(input.student(), student));
    return new Activation(both[0], both[1]);
  }

  /** Checks inputs for which ONNX Runtime would abort the process. */
  private void requireAxes(Tensor x) {
    if (!layer.operator().takesInput(x.rank(), layer.weight().rank())) {
      throw new InvalidInputException(
          "its input has %d axes and its weight %d; the model is malformed"
              .formatted(x.rank(), layer.weight().rank()));
    }
  }

  private Tensor run(Tensor x, Parameters parameters) {
    Tensor bias = parameters.bias();
    Map<String, Tensor> inputs =
        bias == null
            ? Map.of("x", x, "w", parameters.weight())
            : Map.of("x", x, "w", parameters.weight(), "b", bias);
    return RuntimeFailures.advise(() -> requireNonNull(program).run(inputs, "y"));
  }

  @Override
  public void close() {
    if (program != null) {
      program.close();
    }
  }
}
