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
    RoundingProblem chosen = problem.on(start.weight().encoding());
    Rounded rounded = new Rounded(chosen, problem);
    Work work = new Work(problem, chosen, layer, start.weight(), rounded, progress);
    ParallelSteps.run(problem.out() / problem.rowsPerGroup(), work::refineGroup);
    RoundingSolution refined = rounded.solution();
    // rows that share a learned scale are no worse than nearest as a whole, not each
    return refined.loss() <= refined.nearestLoss() ? refined : start;
  }

  /**
   * What all rows need.
   *
   * @param posed the problem as it was given
   * @param chosen the same on the encoding of the start
   */
  private record Work(
      RoundingProblem posed,
      RoundingProblem chosen,
      LayerSamples layer,
      QuantizedWeight start,
      Rounded rounded,
      Progress progress) {

    void refineGroup(int group) {
      int rows = chosen.rowsPerGroup();
      int blocks = (rows + Refinement.ROWS - 1) / Refinement.ROWS;
      try (StoredPositions positions = new StoredPositions(chosen, layer, group)) {
        positions.load(start.dequantize(), progress);
        ParallelSteps.run(
            blocks,
            block -> {
              int from = block * Refinement.ROWS;
              refineRows(positions, group * rows, from, Math.min(rows, from + Refinement.ROWS));
            });
      }
    }

    /** Rows {@code [from, to)} of the group whose first row is {@code first}. */
    private void refineRows(StoredPositions positions, int first, int from, int to) {
      List<RefinedRow> refined = new ArrayList<>();
      for (int r = from; r < to; r++) {
        RowProblem row = new RowProblem(chosen, first + r, chosen.reach());
        refined.add(
            new RefinedRow(row, levels(first + r, row.zero), positions, r, layer.activation()));
      }
      new Refinement(refined, positions, chosen.k(), progress).run();
      for (int r = from; r < to; r++) {
        keep(first + r, refined.get(r - from));
        progress.step();
      }
    }

    /** Takes a row's refined levels, or those that it had where L exceeds that of nearest. */
    private void keep(int row, RefinedRow refined) {
      RowProblem given = new RowProblem(posed, row, posed.reach());
      RowProblem here = refined.problem();
      boolean bounded = here.loss(refined.levels()) <= given.loss(given.nearest);
      rounded.keep(row, here, bounded ? refined.levels() : levels(row, here.zero));
    }

    private int[] levels(int row, int[] zero) {
      int[] levels = new int[start.k()];
      for (int j = 0; j < levels.length; j++) {
        levels[j] = start.integers()[row * levels.length + j] - zero[j];
      }
      return levels;
    }
  }
}
