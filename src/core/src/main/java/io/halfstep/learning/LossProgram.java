package io.halfstep.learning;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.gradient.GradientModel;
import io.halfstep.gradient.TensorTrace;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** The loss of a block with its gradient in ONNX Runtime, for samples of one shape. */
final class LossProgram implements AutoCloseable {
  private final OnnxProgram program;
  private final DroppedQuantization dropped;

  private LossProgram(OnnxProgram program, DroppedQuantization dropped) {
    this.program = program;
    this.dropped = dropped;
  }

  /**
   * Loads the gradient of a block's loss.
   *
   * @param weighted whether the elements of the outputs have different weights
   * @param drops whether random elements of the activations are not quantized
   * @param example a tensor for each input but the {@link #choices}
   * @param wanted the inputs with respect to which the gradient is wanted
   */
  static LossProgram of(
      BlockModels models,
      boolean weighted,
      boolean drops,
      Map<String, Tensor> example,
      List<String> wanted) {
    SortedMap<String, long[]> shapes = new TreeMap<>();
    if (drops && !models.quantizedTensors().isEmpty()) {
      ModelProto whole = models.loss(weighted, false);
      Map<String, long[]> all = TensorTrace.of(whole, example).shapes();
      models.quantizedTensors().forEach(name -> shapes.put(name, requireNonNull(all.get(name))));
    }
    DroppedQuantization dropped = new DroppedQuantization(shapes);
    Map<String, Tensor> inputs = new HashMap<>(example);
    inputs.putAll(dropped.draw(new SplittableRandom(0)));
    ModelProto loss = models.loss(weighted, drops);
    ModelProto backward =
        GradientModel.of(loss, TensorTrace.of(loss, inputs), BlockModels.LOSS, wanted);
    return new LossProgram(OnnxProgram.load(backward.toByteArray()), dropped);
  }

  /** Returns a random choice of the elements that are read quantized, as inputs. */
  Map<String, Tensor> choices(SplittableRandom random) {
    return dropped.draw(random);
  }

  /** Computes some outputs. */
  Map<String, Tensor> run(Map<String, Tensor> inputs, List<String> outputs) {
    return program.run(inputs, outputs);
  }

  @Override
  public void close() {
    program.close();
  }
}
