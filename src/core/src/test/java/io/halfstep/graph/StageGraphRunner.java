package io.halfstep.graph;

import static java.util.Objects.requireNonNull;

import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.model.Model;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Runs a model as a whole, and stage by stage. */
final class StageGraphRunner {
  private StageGraphRunner() {}

  /** Every output of a stage, and the inputs. */
  static Map<String, Tensor> runStages(StageGraph graph, Map<String, Tensor> inputs) {
    Map<String, Tensor> tensors = new HashMap<>(inputs);
    for (Stage stage : graph.stages()) {
      Map<String, Tensor> fed = new LinkedHashMap<>();
      try (OnnxProgram program = OnnxProgram.load(stage.program())) {
        if (stage instanceof LayerStage layerStage) {
          Layer layer = layerStage.layer();
          fed.put("x", get(tensors, layer.input()));
          fed.put("w", layer.weight());
          if (layer.bias() != null) {
            fed.put("b", layer.bias());
          }
          tensors.put(layer.output(), program.run(fed, "y"));
        } else {
          stage.inputs().forEach(name -> fed.put(name, get(tensors, name)));
          tensors.putAll(program.run(fed, stage.outputs()));
        }
      }
    }
    return tensors;
  }

  static Map<String, Tensor> runWhole(Model model, Map<String, Tensor> inputs) {
    try (OnnxProgram program = OnnxProgram.load(model.proto().toByteArray())) {
      return program.run(inputs);
    }
  }

  static Tensor get(Map<String, Tensor> tensors, String name) {
    return requireNonNull(tensors.get(name), name);
  }

  /** The largest difference of two elements; NaN if one is NaN. */
  static double maxDifference(Tensor a, Tensor b) {
    double worst = 0;
    for (int i = 0; i < a.size(); i++) {
      worst = Math.max(worst, Math.abs((double) a.floats()[i] - b.floats()[i]));
    }
    return worst;
  }

  /** Normally distributed, the same each time. */
  static Tensor noise(long... shape) {
    Random random = new Random(11);
    float[] values = new float[Tensor.elements(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, shape);
  }
}
