package io.halfstep.rounding;

import io.halfstep.quantizer.QuantizedWeight;
import java.util.ArrayList;
import java.util.List;

/**
 * The lattice solution, refined by the objective of [A] eq. 25 with the activation function: {@code
 * E‖f_a(W x + b) − f_a(W̃ x̂ + b)‖²} on stored samples.
 *
 * <p>Where f_a is the identity the samples know nothing that the moments don't: the solution is
 * then the lattice solver's own, and so it is where too few samples are stored to hold some out. A
 * row's refinement is kept only if the error falls on the samples that are held out as well, and if
 * L, which knows no f_a and rises by what f_a hides, stays below that of rounding to nearest.
 */
final class RefiningRounder implements Rounder {
  private final Rounder lattice;

  RefiningRounder(Rounder lattice) {
    this.lattice = lattice;
  }

  @Override
  public RoundingSolution solve(RoundingProblem problem, Control control) {
    LayerSamples layer = problem.samples();
    if (layer == null
        || layer.activation().isIdentity()
        || layer.reservoir().samples().size() < StoredPositions.LEAST_SAMPLES) {
      return lattice.solve(problem, control);
    }
    RoundingSolution start = lattice.solve(problem, new PartOf(control, 0, 2));
    Progress progress = new Progress(new PartOf(control, 1, 2), problem.out());
    RoundingSolution refined = refined(problem, layer, start.weight(), progress);
    // rows that share a learned scale are no worse than nearest as a whole, not each
    return refined.loss() <= refined.nearestLoss() ? refined : start;
  }

  private static RoundingSolution refined(
      RoundingProblem problem, LayerSamples layer, QuantizedWeight start, Progress progress) {
    RoundingProblem chosen = problem.on(start.encoding());
    float[] weights = start.dequantize();
    Rounded rounded = new Rounded(chosen, problem);
    int rows = problem.rowsPerGroup();
    int blocks = (rows + Refinement.ROWS - 1) / Refinement.ROWS;
    ParallelSteps.run(
        problem.out() / rows,
        group -> {
          try (StoredPositions positions = new StoredPositions(chosen, layer, group)) {
            positions.load(weights, progress);
            ParallelSteps.run(
                blocks,
                block -> {
                  int from = block * Refinement.ROWS;
                  int to = Math.min(rows, from + Refinement.ROWS);
                  List<RefinedRow> refined = new ArrayList<>();
                  for (int r = from; r < to; r++) {
                    RowProblem row = new RowProblem(chosen, group * rows + r, chosen.reach());
                    int[] levels = levels(start, group * rows + r);
                    refined.add(new RefinedRow(row, levels, positions, r, layer.activation()));
                  }
                  new Refinement(refined, positions, chosen.k(), progress).run();
                  for (int r = from; r < to; r++) {
                    keep(
                        group * rows + r,
                        refined.get(r - from).levels(),
                        start,
                        problem,
                        chosen,
                        rounded);
                    progress.step();
                  }
                });
          }
        });
    return rounded.solution();
  }

  /** Takes the refined levels of a row, or those of the start where L exceeds that of nearest. */
  private static void keep(
      int row,
      int[] refined,
      QuantizedWeight start,
      RoundingProblem problem,
      RoundingProblem chosen,
      Rounded rounded) {
    RowProblem posed = new RowProblem(problem, row, problem.reach());
    RowProblem here = new RowProblem(chosen, row, chosen.reach());
    boolean bounded = here.loss(refined) <= posed.loss(posed.nearest);
    rounded.keep(row, here, bounded ? refined : levels(start, row));
  }

  private static int[] levels(QuantizedWeight weight, int row) {
    int[] levels = new int[weight.k()];
    for (int j = 0; j < levels.length; j++) {
      levels[j] = weight.integers()[row * levels.length + j] - weight.encoding().zeroPoint(row);
    }
    return levels;
  }
}
