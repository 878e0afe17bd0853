package io.halfstep.papers;

import io.halfstep.graph.Layer;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.row.ParallelSteps;
import io.halfstep.rounding.solver.Rounders;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** [A] Table 1 and Figure 1: the first layer alone, in various roundings. */
final class RoundingSchemes {
  private static final int DRAWS = 100;

  /** A rounding of the first layer: its cost ([A] eq. 20), and what the network is worth. */
  private record Draw(double cost, Task.Score score) {
    double top1() {
      return score.top1();
    }

    double loss() {
      return score.loss();
    }
  }

  private final Task task;
  private final Map<Integer, List<Draw>> stochastic = new HashMap<>();

  RoundingSchemes(Task task) {
    this.task = task;
  }

  void print() {
    Table table = new Table("Table 1: the first layer", Table.FOUR_AND_TWO, "top-1 %");
    table.row("float", "69.68", bits -> "%.2f".formatted(task.score(task.graph().model()).top1()));
    table.row("nearest", "52.29", bits -> top1(bits, Rounders.of(RoundingMethod.NEAREST)));
    table.row("ceil", "0.10", bits -> top1(bits, DirectedRounder.CEIL));
    table.row("floor", "0.10", bits -> top1(bits, DirectedRounder.FLOOR));
    table.row("stochastic, mean of 100", "52.06 ± 5.52", bits -> Table.spread(draws(bits)));
    table.row(
        "stochastic, best of 100", "63.06", bits -> "%.2f".formatted(Collections.max(draws(bits))));
    table.row("AdaRound", "69.58", bits -> top1(bits, AdaRoundTables.ADAROUND));
    table.row("lattice", "", bits -> top1(bits, Rounders.of(RoundingMethod.LATTICE)));
    Table figure = new Table("Figure 1: the 100 draws", Table.FOUR_AND_TWO, "draws");
    figure.row(
        "rank correlation of cost and accuracy", "falls", bits -> correlation(bits, Draw::top1));
    figure.row(
        "rank correlation of cost and cross-entropy", "", bits -> correlation(bits, Draw::loss));
    figure.row("share better than nearest", "48 %", this::better);
  }

  private String top1(int bits, Rounder rounder) {
    return "%.2f".formatted(draw(bits, rounder, 0).top1());
  }

  private List<Double> draws(int bits) {
    return stochastic(bits).stream().map(Draw::top1).toList();
  }

  private List<Draw> stochastic(int bits) {
    return stochastic.computeIfAbsent(
        bits,
        b -> {
          Rounder rounder = Rounders.of(RoundingMethod.STOCHASTIC);
          Draw[] draws = new Draw[DRAWS];
          ParallelSteps.run(DRAWS, seed -> draws[seed] = draw(b, rounder, seed));
          return Arrays.asList(draws);
        });
  }

  private String better(int bits) {
    double nearest = draw(bits, Rounders.of(RoundingMethod.NEAREST), 0).top1();
    long better = draws(bits).stream().filter(top1 -> top1 > nearest).count();
    return "%d %%".formatted(100 * better / DRAWS);
  }

  private Draw draw(int bits, Rounder rounder, long seed) {
    Layer layer = task.graph().layers().get(0);
    RoundingProblem problem =
        new WeightRounding(bits, new RangeMethod.Mse(), rounder, false, false)
            .problem(layer, task.calibration(), task.calibration(), seed);
    RoundingSolution solution = rounder.solve(problem, RoundingControl.NONE);
    float[] weight = solution.weight().dequantize();
    return new Draw(
        solution.loss(), task.score(WeightRounding.with(task.graph().model(), layer, weight)));
  }

  private String correlation(int bits, ToDoubleFunction<Draw> figure) {
    return "%.2f"
        .formatted(
            RankCorrelation.of(
                stochastic(bits).stream().mapToDouble(Draw::cost).toArray(),
                stochastic(bits).stream().mapToDouble(figure).toArray()));
  }
}
