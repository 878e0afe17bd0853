package io.halfstep.calibration;

import io.halfstep.graph.ActivationSites.Site;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.quantizer.Encoding;
import io.halfstep.ranges.ActivationRangeMethod;
import io.halfstep.ranges.ActivationRanges;
import io.halfstep.ranges.UnitRange;
import io.halfstep.stage.ActivationPlan.Reader;
import io.halfstep.statistics.ActivationStatistics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A tensor that is read quantized: by layers, or by all its readers if the graph has sites.
 *
 * @param plan of the layer that decides how it is quantized: the one that reads it with the most
 *     bits, the first of these; without one, as layers are by default
 * @param ranges how its range is chosen
 * @param readers the layers
 * @param observed whether its values are observed; those of a copy are not
 */
record QuantizedInput(
    LayerPlan plan, ActivationRangeMethod ranges, List<Reader> readers, boolean observed) {
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
    if (graph.sites().isEmpty()) {
      readers.forEach(
          (tensor, layers) -> {
            if (layers.stream().map(Reader::plan).allMatch(LayerPlan::quantizesInput)) {
              LayerPlan how = deciding(layers);
              inputs.put(tensor, new QuantizedInput(how, how.activationRanges(), layers, true));
            }
          });
    }
    for (Site site : graph.sites().sites()) {
      List<Reader> layers =
          site.tensors().stream()
              .flatMap(tensor -> readers.getOrDefault(tensor, List.of()).stream())
              .toList();
      LayerPlan how = layers.isEmpty() ? new LayerPlan(plan.values()) : deciding(layers);
      ActivationRangeMethod ranges = site.unit() ? new UnitRange() : how.activationRanges();
      for (String tensor : site.tensors()) {
        boolean observed = site.computed().contains(tensor);
        inputs.put(tensor, new QuantizedInput(how, ranges, layers, observed));
      }
    }
    return inputs;
  }

  private static LayerPlan deciding(List<Reader> layers) {
    LayerPlan most = layers.get(0).plan();
    for (Reader layer : layers) {
      most = layer.plan().activationBits() > most.activationBits() ? layer.plan() : most;
    }
    return most;
  }

  /** Chooses the encoding for observed values. */
  Encoding encode(ActivationStatistics values) {
    return ActivationRanges.encode(values, plan.activationBits(), plan.symmetricInput(), ranges);
  }
}
