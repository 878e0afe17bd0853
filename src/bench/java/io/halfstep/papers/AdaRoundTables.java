package io.halfstep.papers;

import io.halfstep.graph.Layer;
import io.halfstep.ranges.OutputMse;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.ranges.WeightRangeMethod;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.adaround.LearnedRounding.Kind;
import io.halfstep.rounding.adaround.ReconstructionRounder;
import io.halfstep.rounding.solver.Rounders;
import io.halfstep.statistics.Moments;
import java.util.List;

/** [A] Tables 2 to 6: what AdaRound is made of. Weights only. */
final class AdaRoundTables {
  /** A tenth of the paper's. */
  private static final int ITERATIONS = 1000;

  static final Rounder ADAROUND = learned(Kind.RECTIFIED_SIGMOID);
  static final Rounder LATTICE = Rounders.of(RoundingMethod.LATTICE);
  private static final Rounder NEAREST = Rounders.of(RoundingMethod.NEAREST);
  private static final WeightRangeMethod MSE = new RangeMethod.Mse();

  private final Task task;
  private final Runs runs;

  AdaRoundTables(Task task, Runs runs) {
    this.task = task;
    this.runs = runs;
  }

  private static Rounder learned(Kind kind) {
    return new ReconstructionRounder(kind, ITERATIONS);
  }

  /** [A] eq. 21: from the float network's inputs. */
  private static WeightRounding layerWise(int bits, Rounder rounder) {
    return new WeightRounding(bits, MSE, rounder, false, false);
  }

  /** [A] eq. 25. */
  static WeightRounding complete(int bits, Rounder rounder) {
    return complete(bits, MSE, rounder);
  }

  private static WeightRounding complete(int bits, WeightRangeMethod ranges, Rounder rounder) {
    return new WeightRounding(bits, ranges, rounder, true, true);
  }

  /** What the approximations of the task loss cost. */
  void table2() {
    Table table =
        new Table(
            "Table 2: approximations of the task loss", Table.FOUR_AND_TWO, "first layer", "all");
    layerWise(table, "nearest", NEAREST, "52.29", "23.99");
    Layer first = task.graph().layers().get(0);
    Moments hessian = TaskHessian.of(task.graph().model(), first, task.calibration());
    table.row(
        "H^(w) of the task loss",
        List.of("68.62 ± 0.17", "N/A"),
        List.of(bits -> byTaskLoss(bits, first, hessian), bits -> "N/A"));
    layerWise(table, "local MSE loss", LATTICE, "69.39 ± 0.04", "65.83 ± 0.14");
    layerWise(table, "continuous relaxation", ADAROUND, "69.58 ± 0.03", "66.56 ± 0.12");
  }

  /** How the rounding is relaxed. */
  void table3() {
    Table table = new Table("Table 3: relaxations", Table.TWO, "first layer", "all");
    layerWise(
        table,
        "sigmoid, T annealed",
        learned(Kind.ANNEALED_SIGMOID),
        "69.31 ± 0.21",
        "65.22 ± 0.67");
    layerWise(table, "sigmoid, regularizer", learned(Kind.SIGMOID), "69.51 ± 0.05", "66.25 ± 0.15");
    layerWise(table, "rectified sigmoid, regularizer", ADAROUND, "69.58 ± 0.03", "66.56 ± 0.12");
  }

  private void layerWise(
      Table table, String label, Rounder rounder, String paperFirst, String paperAll) {
    table.row(
        label,
        List.of(paperFirst, paperAll),
        List.of(
            bits -> runs.firstLayer(layerWise(bits, rounder)),
            bits -> runs.allLayers(layerWise(bits, rounder))));
  }

  /** All weights of the layer together, as one row. */
  private String byTaskLoss(int bits, Layer layer, Moments hessian) {
    RoundingProblem local =
        layerWise(bits, NEAREST).problem(layer, task.calibration(), task.calibration(), 0);
    RoundingProblem whole =
        new RoundingProblem(
            local.weights(),
            1,
            hessian.k(),
            local.encoding(),
            List.of(hessian),
            0,
            null,
            null,
            Reach.FLOOR_CEIL,
            false);
    RoundingSolution solution =
        Rounders.of(RoundingMethod.LATTICE, Effort.BEST).solve(whole, RoundingControl.NONE);
    float[] weight = solution.weight().dequantize();
    return "%.2f"
        .formatted(task.score(WeightRounding.with(task.graph().model(), layer, weight)).top1());
  }

  /** What a layer is to reconstruct. */
  void table4() {
    Table table = new Table("Table 4: what is reconstructed", Table.TWO, "all");
    table.row("layer-wise", "66.56 ± 0.12", bits -> runs.allLayers(layerWise(bits, ADAROUND)));
    table.row(
        "asymmetric",
        "68.37 ± 0.07",
        bits -> runs.allLayers(new WeightRounding(bits, MSE, ADAROUND, true, false)));
    table.row(
        "asymmetric, behind ReLU",
        "68.60 ± 0.09",
        bits -> runs.allLayers(complete(bits, ADAROUND)));
    table.row("lattice, layer-wise", "", bits -> runs.allLayers(layerWise(bits, LATTICE)));
    table.row("lattice, asymmetric", "", bits -> runs.allLayers(complete(bits, LATTICE)));
  }

  /** The relaxation or the straight-through estimator. */
  void table5() {
    Table table = new Table("Table 5: straight-through", Table.TWO, "all");
    table.row("nearest", "23.99", bits -> runs.allLayers(layerWise(bits, NEAREST)));
    Rounder straightThrough = learned(Kind.STRAIGHT_THROUGH);
    table.row(
        "straight-through",
        "66.63 ± 0.06",
        bits -> runs.allLayers(complete(bits, straightThrough)));
    table.row("AdaRound", "68.60 ± 0.09", bits -> runs.allLayers(complete(bits, ADAROUND)));
  }

  /** The choice of ranges. */
  void table6() {
    Table table = new Table("Table 6: ranges", Table.TWO, "nearest", "AdaRound");
    ranges(table, "min-max", new RangeMethod.MinMax(), "0.23", "61.96 ± 0.04");
    ranges(table, "least ‖W − Ŵ‖²", MSE, "23.99", "68.60 ± 0.09");
    ranges(table, "least ‖Wx − Ŵx̂‖²", new OutputMse(), "42.89", "68.62 ± 0.08");
  }

  private void ranges(
      Table table,
      String label,
      WeightRangeMethod ranges,
      String paperNearest,
      String paperAdaRound) {
    table.row(
        label,
        List.of(paperNearest, paperAdaRound),
        List.of(
            bits -> runs.allLayers(complete(bits, ranges, NEAREST)),
            bits -> runs.allLayers(complete(bits, ranges, ADAROUND))));
  }
}
