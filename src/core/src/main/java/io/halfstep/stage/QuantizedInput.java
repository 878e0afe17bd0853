package io.halfstep.stage;

import io.halfstep.distribution.LayerInput;
import io.halfstep.graph.ActivationSites.Site;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.quantizer.Encoding;
import io.halfstep.stage.ActivationPlan.Reader;
import io.halfstep.statistics.ActivationStatistics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that is read quantized: by layers, or by all its readers if it is one of the sites.
 *
 * @param plan of the layer that decides how it is quantized: the one that reads it with the most
 *     bits, the first of these; without one, as the plan has it for the tensor
 * @param unit whether its values are from 0 to 1
 * @param readers the layers
 * @param observed whether its values are observed; those of a copy are not
 */
public record QuantizedInput(LayerPlan plan, boolean unit, List<Reader> readers, boolean observed) {
  /** Returns the tensors that the plan quantizes; one that a layer reads in float is not. */
  public static Map<String, QuantizedInput> of(StageGraph graph, Plan plan) {
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
    if (!graph.sites().areAll()) {
      readers.forEach(
          (tensor, layers) -> {
            if (layers.stream().allMatch(Reader::quantizes)) {
              inputs.put(tensor, new QuantizedInput(deciding(layers), false, layers, true));
            }
          });
    }
    for (Site site : graph.sites().sites()) {
      List<Reader> layers =
          site.tensors().stream()
              .flatMap(tensor -> readers.getOrDefault(tensor, List.of()).stream())
              .toList();
      LayerPlan how = layers.isEmpty() ? new LayerPlan(plan.completed()) : deciding(layers);
      for (String tensor : site.tensors()) {
        how = plan.tensor(tensor, how);
      }
      for (String tensor : site.tensors()) {
        boolean observed = site.computed().contains(tensor);
        inputs.put(tensor, new QuantizedInput(how, site.unit(), layers, observed));
      }
    }
    return inputs;
  }

  /** Returns whether only layers read it that compute its range whenever they run. */
  public boolean isDynamic() {
    return !readers.isEmpty() && readers.stream().allMatch(Reader::isDynamic);
  }

  private static LayerPlan deciding(List<Reader> layers) {
    LayerPlan most = layers.get(0).plan();
    for (Reader layer : layers) {
      most = layer.plan().activationBits() > most.activationBits() ? layer.plan() : most;
    }
    return most;
  }

  /**
   * Returns how its producer observes it.
   *
   * @param equalized the layers whose weights may take factors of its channels
   * @param implied what is known of it without samples
   */
  public ActivationPlan activationPlan(List<Reader> equalized, @Nullable LayerInput implied) {
    return ActivationPlan.of(plan, unit, equalized, implied);
  }

  /** Chooses the encoding for observed values. */
  public Encoding encode(ActivationStatistics values) {
    return activationPlan(List.of(), null).encode(values);
  }
}
