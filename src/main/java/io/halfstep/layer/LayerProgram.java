package io.halfstep.layer;

import io.halfstep.graph.Layer;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.quantizer.BiasQuantizer;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A layer's arithmetic in ONNX Runtime, with the teacher's weight and the student's. */
final class LayerProgram implements AutoCloseable {
  private record Parameters(Tensor weight, @Nullable Tensor bias) {}

  private final OnnxProgram program;
  private final Layer layer;
  private final Parameters teacher;
  private Parameters student;
  private boolean rounded;

  LayerProgram(LayerStage stage) {
    layer = stage.layer();
    program = OnnxProgram.load(stage.program());
    teacher = new Parameters(layer.weight(), layer.bias());
    student = teacher;
  }

  /**
   * From now on the student computes with these integers.
   *
   * @param input the encoding of the layer's input, which fixes the scale of its int32 bias; null
   *     where the input stays in float, and the bias with it
   */
  void round(QuantizedWeight weight, @Nullable Encoding input) {
    Tensor reals = Tensor.of(layer.layout().fromRows(weight.dequantize()), layer.weight().shape());
    Tensor bias = layer.bias();
    if (bias != null && input != null) {
      bias =
          Tensor.of(
              BiasQuantizer.roundTrip(bias.floats(), weight.encoding(), input.scale(0)),
              bias.shape());
    }
    student = new Parameters(reals, bias);
    rounded = true;
  }

  /** The layer's output for the teacher's and the student's input. */
  Activation forward(Activation input) {
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

  private Tensor run(Tensor x, Parameters parameters) {
    Tensor bias = parameters.bias();
    return program.run(
        bias == null
            ? Map.of("x", x, "w", parameters.weight())
            : Map.of("x", x, "w", parameters.weight(), "b", bias),
        "y");
  }

  @Override
  public void close() {
    program.close();
  }
}
