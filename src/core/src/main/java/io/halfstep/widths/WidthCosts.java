package io.halfstep.widths;

import io.halfstep.export.StoredSize;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Inspection;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Budget;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.quantizer.Granularity;
import io.halfstep.stage.QuantizedInput;
import io.halfstep.text.Figures;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** What each layer costs at each width that it may have. */
public final class WidthCosts {
  private static final int FLOAT_BITS = 32;

  private final Budget budget;
  private final Plan plan;
  private final Map<String, Long> operations;
  private final List<Layer> layers;
  private final Map<String, SortedMap<Integer, Long>> costs = new HashMap<>();
  private final long weights;

  /**
   * @throws InvalidInputException if no widths are within the budget, or if multiplications are to
   *     be counted, but unknown
   */
  public WidthCosts(StageGraph graph, Plan plan, Budget budget) {
    this.budget = budget;
    this.plan = plan;
    this.operations = budget.cost() == Budget.Cost.BOPS ? operations(graph, plan) : Map.of();
    this.layers =
        graph.layers().stream().filter(layer -> plan.layer(layer.name()).isPresent()).toList();
    for (Layer layer : layers) {
      plan.layer(layer.name()).ifPresent(how -> costs.put(layer.name(), costs(layer, how)));
    }
    this.weights = layers.stream().mapToLong(layer -> layer.weight().size()).sum();
    requireRoom();
  }

  private SortedMap<Integer, Long> costs(Layer layer, LayerPlan how) {
    SortedMap<Integer, Long> ofLayer = new TreeMap<>();
    IntStream widths =
        plan.fixesBits(layer.name())
            ? IntStream.of(how.bits())
            : plan.target().weightBits().stream().mapToInt(Integer::intValue);
    widths.forEach(bits -> ofLayer.put(bits, cost(layer, how.withBits(bits))));
    return ofLayer;
  }

  private long cost(Layer layer, LayerPlan how) {
    return switch (budget.cost()) {
      case BITS -> (long) layer.weight().size() * how.bits();
      case SIZE -> bytes(layer, how);
      case BOPS -> operations(layer) * how.bits();
    };
  }

  private long bytes(Layer layer, LayerPlan how) {
    Granularity granularity = how.granularity().whereBlocks(layer.layout().inputAxis() >= 0);
    long scales = granularity.scales(layer.layout().out(), layer.layout().k());
    return StoredSize.of(layer.weight().size(), scales, how.weightGrid(), plan.target());
  }

  private long operations(Layer layer) {
    Long known = operations.get(layer.name());
    if (known == null) {
      throw new InvalidInputException(
          "budget %s: the multiplications of layer '%s' are unknown, since the model does not fix the shapes of its input and output; use a budget of bits or size"
              .formatted(budget, layer.name()));
    }
    return known;
  }

  /** Returns multiplications × bits of the input, by layer, where they are known. */
  private static Map<String, Long> operations(StageGraph graph, Plan plan) {
    Map<String, Integer> inputBits = new HashMap<>();
    QuantizedInput.of(graph, plan)
        .values()
        .forEach(
            input ->
                input
                    .readers()
                    .forEach(
                        reader ->
                            inputBits.put(reader.layer().name(), input.plan().activationBits())));
    Map<String, Long> operations = new HashMap<>();
    for (Inspection inspection : Inspection.of(graph)) {
      long bits = inputBits.getOrDefault(inspection.name(), FLOAT_BITS);
      inspection.macs().ifPresent(macs -> operations.put(inspection.name(), macs * bits));
    }
    return operations;
  }

  private void requireRoom() {
    long least = costs.values().stream().mapToLong(of -> Collections.min(of.values())).sum();
    long most = costs.values().stream().mapToLong(of -> Collections.max(of.values())).sum();
    if (limit() < least) {
      throw new InvalidInputException(
          "budget %s: found less than the layers take at their least bits; expected %s to %s"
              .formatted(budget, amount(least), amount(most)));
    }
  }

  private String amount(long cost) {
    return unit() == 1 ? Long.toString(cost) : Figures.number((double) cost / unit(), 3);
  }

  /** Returns the most that all layers together may cost. */
  public long limit() {
    return budget
        .limit()
        .multiply(BigDecimal.valueOf(unit()))
        .setScale(0, RoundingMode.FLOOR)
        .longValueExact();
  }

  /** Returns the cost of one unit of the budget. */
  public long unit() {
    return budget.cost() == Budget.Cost.BITS ? weights : 1;
  }

  /** Returns the quantized layers, in the graph's order. */
  public List<Layer> layers() {
    return layers;
  }

  /** Returns a layer's costs by the widths that it may have; one, if the plan says its bits. */
  public SortedMap<Integer, Long> of(Layer layer) {
    return costs.getOrDefault(layer.name(), Collections.emptySortedMap());
  }
}
