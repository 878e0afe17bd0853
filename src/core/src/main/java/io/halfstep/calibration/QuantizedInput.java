package io.halfstep.calibration;

import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.stage.ActivationPlan.Reader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A tensor that quantized layers read.
 *
 * @param plan of the layer that decides how it is quantized: the one that reads it with the most
 *     bits, the first of these
 * @param readers the layers
 */
record QuantizedInput(LayerPlan plan, List<Reader> readers) {
  /** Returns the tensors that the plan quantizes; one that a layer reads in float is not. */
  static Map<String, QuantizedInput> of(StageGraph graph, Plan plan) {
    Map<String, List<Reader>> readers = new LinkedHashMap<>();
    for (Layer layer : graph.layers()) {
      plan.layer(layer.name())
          .ifPresent(
              how ->
                  readers
                      .computeIfAbsent(layer.input(), tensor -> new ArrayList<>())
                      .add(new Reader(layer, how)));
    }
    Map<String, QuantizedInput> inputs = new LinkedHashMap<>();
    readers.forEach(
        (tensor, layers) -> {
          List<LayerPlan> plans = layers.stream().map(Reader::plan).toList();
          if (plans.stream().allMatch(LayerPlan::quantizesInput)) {
            inputs.put(tensor, new QuantizedInput(deciding(plans), layers));
          }
        });
    return inputs;
  }

  private static LayerPlan deciding(List<LayerPlan> plans) {
    LayerPlan most = plans.get(0);
    for (LayerPlan plan : plans) {
      most = plan.activationBits() > most.activationBits() ? plan : most;
    }
    return most;
  }
}
