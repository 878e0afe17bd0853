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
 * @param bits the most of any of them
 * @param readers the layers
 */
record QuantizedInput(int bits, List<Reader> readers) {
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
          List<Integer> bits =
              layers.stream().map(Reader::plan).map(LayerPlan::activationBits).toList();
          if (!bits.contains(0)) {
            inputs.put(
                tensor,
                new QuantizedInput(
                    bits.stream().mapToInt(Integer::intValue).max().orElseThrow(), layers));
          }
        });
    return inputs;
  }
}
