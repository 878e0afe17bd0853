package io.halfstep.allocation;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.ojalgo.optimisation.Expression;
import org.ojalgo.optimisation.ExpressionsBasedModel;
import org.ojalgo.optimisation.Optimisation;
import org.ojalgo.optimisation.Variable;
import org.ojalgo.optimisation.integer.IntegerStrategy;
import org.ojalgo.type.context.NumberContext;

/**
 * The multiple-choice knapsack problem
 *
 * <pre>
 *   min Σ_{l,b} Ω_{l,b} x_{l,b}   with Σ_b x_{l,b} = 1 for each l,  Σ_{l,b} cost_{l,b} x_{l,b} ≤ limit
 * </pre>
 *
 * for x ∈ {0, 1} (the integer programme of HAWQ-V3, [H]), solved exactly by branch and bound. The
 * result depends on nothing but the numbers.
 */
public final class WidthProgramme {
  private static final NumberContext GAP = NumberContext.of(12, 14);

  private final List<LayerWidths> layers;

  /** Creates the problem of these layers. */
  public WidthProgramme(List<LayerWidths> layers) {
    this.layers = List.copyOf(layers);
  }

  /** Returns the least cost that any assignment has. */
  public long leastCost() {
    return layers.stream().mapToLong(LayerWidths::leastCost).sum();
  }

  /** Returns the cost beyond which the error does not fall. */
  public long greatestCost() {
    return best().cost();
  }

  private Assignment best() {
    return Assignment.of(layers, layers.stream().map(LayerWidths::best).toList());
  }

  /**
   * Returns the assignment with the least error.
   *
   * @throws IllegalArgumentException if the limit is below {@link #leastCost}
   */
  public Assignment solve(long limit) {
    if (limit < leastCost()) {
      throw new IllegalArgumentException(limit + " is less than " + leastCost());
    }
    Assignment best = best();
    long room = limit;
    while (best.cost() > limit) {
      best = solved(room);
      room -= Math.max(0, best.cost() - limit); // the solver's tolerance let it exceed the limit
    }
    return best;
  }

  /** Costs are divided by their greatest common divisor, errors by the greatest one. */
  private Assignment solved(long limit) {
    long unit = Math.max(1, commonDivisor());
    double most = widths().mapToDouble(Width::error).max().orElseThrow();
    ExpressionsBasedModel model = new ExpressionsBasedModel();
    Expression cost = model.newExpression("cost").upper(limit / unit);
    for (LayerWidths layer : layers) {
      Expression one = model.newExpression(layer.layer()).level(1);
      for (Width width : layer.widths()) {
        String name = layer.layer() + "=" + width.bits();
        Variable x = model.newVariable(name).binary().weight(width.error() / most);
        one.set(x, 1);
        cost.set(x, width.cost() / unit);
      }
    }
    model.options.integer(
        IntegerStrategy.newConfigurable().withParallelism(() -> 1).withGapTolerance(GAP));
    return chosen(model.minimise());
  }

  private Stream<Width> widths() {
    return layers.stream().flatMap(layer -> layer.widths().stream());
  }

  private long commonDivisor() {
    return widths().mapToLong(Width::cost).reduce(0, WidthProgramme::commonDivisor);
  }

  private static long commonDivisor(long a, long b) {
    return b == 0 ? a : commonDivisor(b, a % b);
  }

  /**
   * @param x the variables, layer by layer
   */
  private Assignment chosen(Optimisation.Result x) {
    List<Width> chosen = new ArrayList<>();
    int first = 0;
    for (LayerWidths layer : layers) {
      int at = 0;
      for (int b = 1; b < layer.widths().size(); b++) {
        at = x.doubleValue(first + b) > x.doubleValue(first + at) ? b : at;
      }
      chosen.add(layer.widths().get(at));
      first += layer.widths().size();
    }
    return Assignment.of(layers, chosen);
  }
}
