package io.halfstep.widths;

import static java.util.Objects.requireNonNull;

import io.halfstep.allocation.Assignment;
import io.halfstep.allocation.Bits;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.stage.ActivationPlan.Reader;
import io.halfstep.stage.DynamicInput;
import io.halfstep.stage.QuantizedInput;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The widths that a plan leaves to choose. Of weights: unless an override says their bits. Of a
 * tensor that layers read, if activations count: unless the plan or an override says its bits for
 * one of these layers, or the graph is in integers; the layers have one width together.
 */
public final class AllowedWidths {
  private final Plan plan;
  private final List<Layer> layers;
  private final Map<String, Integer> inputBits = new HashMap<>();
  private final Set<String> open = new HashSet<>();
  private final Map<String, List<Layer>> groups = new LinkedHashMap<>();

  /**
   * @param activationsCount whether bits of activations cost something
   */
  AllowedWidths(StageGraph graph, Plan plan, boolean activationsCount) {
    this.plan = plan;
    this.layers =
        graph.layers().stream().filter(layer -> plan.layer(layer.name()).isPresent()).toList();
    boolean mayBeOpen = activationsCount && graph.sites().isEmpty();
    QuantizedInput.of(graph, plan).forEach((tensor, input) -> add(tensor, input, mayBeOpen));
    for (Layer layer : layers) {
      if (!isOpen(layer)) {
        groups.put(layer.name(), List.of(layer));
      }
    }
  }

  private void add(String tensor, QuantizedInput input, boolean mayBeOpen) {
    List<Layer> readers = input.readers().stream().map(Reader::layer).toList();
    for (Reader reader : input.readers()) {
      inputBits.put(
          reader.layer().name(),
          reader.isDynamic() ? DynamicInput.BITS : input.plan().activationBits());
    }
    if (mayBeOpen && readers.stream().noneMatch(layer -> plan.fixesActivationBits(layer.name()))) {
      readers.forEach(layer -> open.add(layer.name()));
      groups.put(tensor, readers);
    }
  }

  /** Returns the quantized layers, in the graph's order. */
  public List<Layer> layers() {
    return layers;
  }

  /** Returns the layers that choose their widths together. */
  public Collection<List<Layer>> groups() {
    return groups.values();
  }

  /** Returns whether the width of a layer's input is to be chosen. */
  public boolean isOpen(Layer layer) {
    return open.contains(layer.name());
  }

  /** Returns how a quantized layer is planned, but for its widths. */
  LayerPlan plan(Layer layer) {
    return plan.layer(layer.name()).orElseThrow();
  }

  /** Returns the widths of a layer. */
  List<Bits> of(Layer layer) {
    List<Integer> ofWeight =
        plan.fixesBits(layer.name()) ? List.of(plan(layer).bits()) : plan.target().weightBits();
    List<Integer> ofInput =
        isOpen(layer)
            ? plan.target().activationBits().stream().filter(bits -> bits > 0).toList()
            : List.of(inputBits.getOrDefault(layer.name(), 0));
    List<Bits> all = new ArrayList<>();
    ofWeight.forEach(w -> ofInput.forEach(a -> all.add(new Bits(w, a))));
    return all;
  }

  /** Returns the plan with these widths, and nothing left to choose. */
  public Plan plan(Assignment chosen) {
    List<LayerOverride> overrides = new ArrayList<>();
    for (Layer layer : layers) {
      Bits bits = requireNonNull(chosen.bits().get(layer.name()));
      LayerOverride override = LayerOverride.of(layer.name()).weightBits(bits.weights());
      overrides.add(isOpen(layer) ? override.activationBits(bits.activations()) : override);
    }
    return plan.decided(overrides);
  }
}
