package io.halfstep.widths;

import static java.util.Objects.requireNonNull;

import io.halfstep.allocation.Bits;
import io.halfstep.export.StoredSize;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Inspection;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Budget;
import io.halfstep.plan.Budget.Cost;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.quantizer.Granularity;
import io.halfstep.text.Figures;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What each layer costs at each width that it may have. */
public final class WidthCosts {
  private static final int FLOAT_BITS = 32;
  private static final Comparator<Bits> ORDER =
      Comparator.comparingInt(Bits::weights).thenComparing(Bits::activations);

  private final Budget budget;
  private final StoredSize size;
  private final AllowedWidths allowed;
  private final Map<String, SortedMap<Bits, Long>> costs = new HashMap<>();
  private final long weights;

  /**
   * @throws InvalidInputException if no widths are within the budget, if multiplications are to be
   *     counted, but unknown, or if a table is invalid
   */
  public WidthCosts(StageGraph graph, Plan plan, Budget budget) {
    this.budget = budget;
    this.size = StoredSize.in(graph, plan.target());
    this.allowed =
        new AllowedWidths(graph, plan, budget.cost() == Cost.BOPS || budget.cost() == Cost.TABLE);
    this.weights = allowed.layers().stream().mapToLong(layer -> layer.weight().size()).sum();
    if (budget.table() == null) {
      count(budget.cost() == Cost.BOPS ? operations(graph) : Map.of());
    } else {
      look(new CostTable(budget.table()), budget.table().toString());
    }
    requireRoom();
  }

  private void count(Map<String, Long> operations) {
    for (Layer layer : allowed.layers()) {
      SortedMap<Bits, Long> ofLayer = new TreeMap<>(ORDER);
      for (Bits bits : allowed.of(layer)) {
        ofLayer.put(bits, cost(layer, bits, operations.get(layer.name())));
      }
      costs.put(layer.name(), ofLayer);
    }
  }

  private void look(CostTable table, String file) {
    for (Layer layer : allowed.layers()) {
      Map<Bits, Long> listed = table.of(layer.name());
      SortedMap<Bits, Long> ofLayer = new TreeMap<>(ORDER);
      ofLayer.putAll(listed);
      ofLayer.keySet().retainAll(allowed.of(layer));
      if (ofLayer.isEmpty()) {
        throw new InvalidInputException(
            "%s: layer '%s' has no widths that the plan allows: found %s, expected one of %s (bits of weights and activations)"
                .formatted(
                    file, layer.name(), describe(listed.keySet()), describe(allowed.of(layer))));
      }
      costs.put(layer.name(), ofLayer);
    }
  }

  private static String describe(Collection<Bits> widths) {
    return widths.stream()
        .sorted(ORDER)
        .map(bits -> bits.weights() + "," + (bits.activations() > 0 ? bits.activations() : "float"))
        .collect(Collectors.joining("; "));
  }

  private long cost(Layer layer, Bits bits, @Nullable Long operations) {
    return switch (budget.cost()) {
      case BITS -> (long) layer.weight().size() * bits.weights();
      case SIZE -> bytes(layer, allowed.plan(layer).withBits(bits.weights()));
      case BOPS ->
          known(layer, operations)
              * bits.weights()
              * (bits.activations() > 0 ? bits.activations() : FLOAT_BITS);
      case TABLE -> throw new IllegalStateException("a table has its costs");
    };
  }

  private long bytes(Layer layer, LayerPlan how) {
    Granularity granularity = how.granularity().whereBlocks(layer.layout().inputAxis() >= 0);
    long scales = granularity.scales(layer.layout().out(), layer.layout().k());
    return size.of(layer.weight().size(), scales, how.weightGrid());
  }

  private long known(Layer layer, @Nullable Long operations) {
    if (operations == null) {
      throw new InvalidInputException(
          "budget %s: the multiplications of layer '%s' are unknown, since the model does not fix the shapes of its input and output; use a budget of bits or size"
              .formatted(budget, layer.name()));
    }
    return operations;
  }

  /** Returns the multiplications of each layer, where they are known. */
  private static Map<String, Long> operations(StageGraph graph) {
    Map<String, Long> operations = new HashMap<>();
    for (Inspection inspection : Inspection.of(graph)) {
      inspection.macs().ifPresent(macs -> operations.put(inspection.name(), macs));
    }
    return operations;
  }

  private void requireRoom() {
    long least = allowed.groups().stream().mapToLong(this::leastCost).sum();
    long most = costs.values().stream().mapToLong(WidthCosts::greatestCost).sum();
    if (budget.limit() != null && limit() < least) {
      throw new InvalidInputException(
          "budget %s: found less than the layers take at their least bits; expected %s to %s"
              .formatted(budget, amount(least), amount(most)));
    }
  }

  /** Returns the least cost of layers that have the same bits per activation. */
  private long leastCost(List<Layer> group) {
    return of(group.get(0)).keySet().stream()
        .map(Bits::activations)
        .distinct()
        .map(bits -> group.stream().map(layer -> leastCost(layer, bits)).toList())
        .filter(each -> each.stream().allMatch(cost -> cost < Long.MAX_VALUE))
        .mapToLong(each -> each.stream().mapToLong(Long::longValue).sum())
        .min()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "%s: layers %s read the same tensor, but have no bits of activations in common"
                        .formatted(
                            budget.table(),
                            group.stream()
                                .map(layer -> "'" + layer.name() + "'")
                                .collect(Collectors.joining(", ")))));
  }

  private long leastCost(Layer layer, int activations) {
    return of(layer).entrySet().stream()
        .filter(cost -> cost.getKey().activations() == activations)
        .mapToLong(Map.Entry::getValue)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  private static long greatestCost(Map<Bits, Long> ofLayer) {
    return ofLayer.values().stream().mapToLong(Long::longValue).max().orElseThrow();
  }

  private String amount(long cost) {
    return unit() == 1 ? Long.toString(cost) : Figures.number((double) cost / unit(), 3);
  }

  /** Returns the most that all layers together may cost, if the budget has a limit. */
  public long limit() {
    return requireNonNull(budget.limit())
        .multiply(BigDecimal.valueOf(unit()))
        .setScale(0, RoundingMode.FLOOR)
        .longValueExact();
  }

  /** Returns the cost of one unit of the budget. */
  public long unit() {
    return switch (budget.cost()) {
      case BITS -> weights;
      case SIZE, BOPS -> 1;
      case TABLE -> CostTable.UNIT;
    };
  }

  /** Returns the widths to choose from. */
  public AllowedWidths allowed() {
    return allowed;
  }

  /** Returns a quantized layer's costs by the widths that it may have. */
  public SortedMap<Bits, Long> of(Layer layer) {
    return requireNonNull(costs.get(layer.name()));
  }
}
