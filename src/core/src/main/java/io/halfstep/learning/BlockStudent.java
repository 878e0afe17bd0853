package io.halfstep.learning;

import static java.util.Objects.requireNonNull;

import io.halfstep.quantizer.Encoding;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;

/** A block of the student in ONNX Runtime. */
public final class BlockStudent implements AutoCloseable {
  private final OnnxProgram program;
  private final Map<String, Tensor> parameters;

  /** Loads a block with the weights, biases and steps that it has. */
  public BlockStudent(BlockProblem problem) {
    BlockModels models = problem.models();
    parameters = new HashMap<>();
    for (BlockLayer each : problem.layers()) {
      String name = each.layer().name();
      float[] rows = each.weight().dequantize();
      parameters.put(
          BlockModels.weightOf(name),
          Tensor.of(each.layer().layout().fromRows(rows), each.layer().weight().shape()));
      if (each.bias() != null) {
        parameters.put(BlockModels.biasOf(name), each.bias());
      }
    }
    for (String tensor : models.quantizedTensors()) {
      Encoding encoding = requireNonNull(problem.activations().get(tensor));
      parameters.put(BlockModels.stepOf(tensor), Tensor.of(new float[] {encoding.scale(0)}, 1));
      if (!encoding.symmetric()) {
        parameters.put(
            BlockModels.zeroPointOf(tensor), Tensor.of(new float[] {encoding.zeroPoint(0)}, 1));
      }
    }
    program = OnnxProgram.load(models.student().toByteArray());
  }

  /**
   * Computes the block's outputs.
   *
   * @param inputs of the block
   */
  public Map<String, Tensor> run(Map<String, Tensor> inputs) {
    return run(inputs, parameters);
  }

  /** Computes the outputs with other values of the parameters. */
  Map<String, Tensor> run(Map<String, Tensor> inputs, Map<String, Tensor> values) {
    Map<String, Tensor> all = new HashMap<>(values);
    all.putAll(inputs);
    return program.run(all);
  }

  /** Returns the parameters by the names of the models' inputs. */
  Map<String, Tensor> parameters() {
    return parameters;
  }

  @Override
  public void close() {
    program.close();
  }
}
