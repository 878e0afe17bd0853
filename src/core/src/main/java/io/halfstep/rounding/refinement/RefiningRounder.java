package io.halfstep.rounding.refinement;

import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.rounding.LayerSamples;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.row.ParallelSteps;
import io.halfstep.rounding.row.RoundedRows;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.tensor.ClipFunction;
import java.util.ArrayList;
import java.util.List;

/**
 * Refines the solution of another solver by the full objective of [A] eq. 25, with the activation
 * function: {@code E‖f_a(W x + b) − f_a(W̃ x̂ + b)‖²} on stored samples.
 *
 * <p>If f_a is the identity, the moments already say everything about this error, and the other
 * solver's solution is returned unchanged. The same holds if there are too few samples to hold some
 * out. The refinement of a row is kept only if its error also falls on the held-out samples, and if
 * L stays at most that of rounding to nearest. (L ignores f_a, so it may rise where f_a hides the
 * difference.)
 */
public final class RefiningRounder implements Rounder {
  private final Rounder first;

  /**
   * Creates a solver that goes on from another one's solution.
   *
   * @param first finds the solution that is refined
   */
  public RefiningRounder(Rounder first) {
    this.first = first;
  }

  @Override
  public boolean usesSamples(ClipFunction activation) {
    return !activation.isIdentity();
  }

  @Override
  public Rounder ofPieces() {
    return first.ofPieces();
  }

  @Override
  public RoundingSolution solve(RoundingProblem problem, RoundingControl control) {
    LayerSamples layer = problem.samples();
    if (layer == null
        || layer.activation().isIdentity()
        || layer.reservoir().samples().size() < StoredPositions.LEAST_SAMPLES) {
      return first.solve(problem, control);
    }
    RoundingSolution start = first.solve(problem, control.part(0, 2));
    SolverProgress progress = new SolverProgress(control.part(1, 2), problem.out());
    RoundingProblem chosen = problem.on(start.weight().encoding());
    RoundedRows rounded = new RoundedRows(chosen, problem);
    Work work = new Work(problem, chosen, layer, start.weight(), rounded, progress);
    ParallelSteps.run(problem.out() / problem.rowsPerGroup(), work::refineGroup);
    RoundingSolution refined = rounded.solution();
    // with learned scales, only the sum over the rows is compared with nearest, not each row
    return refined.loss() <= refined.nearestLoss() ? refined : start;
  }

  /**
   * What the refinement of all rows needs.
   *
   * @param posed the given problem
   * @param chosen the same problem on the encoding of the start
   */
  private record Work(
      RoundingProblem posed,
      RoundingProblem chosen,
      LayerSamples layer,
      QuantizedWeight start,
      RoundedRows rounded,
      SolverProgress progress) {

    void refineGroup(int group) {
      int rows = chosen.rowsPerGroup();
      int blocks = (rows + RowRefinement.ROWS - 1) / RowRefinement.ROWS;
      try (StoredPositions positions = new StoredPositions(chosen, layer, group)) {
        positions.load(start.dequantize(), progress);
        ParallelSteps.run(
            blocks,
            block -> {
              int from = block * RowRefinement.ROWS;
              refineRows(positions, group * rows, from, Math.min(rows, from + RowRefinement.ROWS));
            });
      }
    }

    /** Refines rows {@code [from, to)} of the group whose first row is {@code first}. */
    private void refineRows(StoredPositions positions, int first, int from, int to) {
      List<RefinedRow> refined = new ArrayList<>();
      for (int r = from; r < to; r++) {
        RowProblem row = new RowProblem(chosen, first + r, chosen.reach());
        refined.add(
            new RefinedRow(row, levels(first + r, row.zero), positions, r, layer.activation()));
      }
      new RowRefinement(refined, positions, chosen.k(), progress).run();
      for (int r = from; r < to; r++) {
        keep(first + r, refined.get(r - from));
        progress.step();
      }
    }

    /** Takes a row's refined levels, or its old ones if L of the refined exceeds L of nearest. */
    private void keep(int row, RefinedRow refined) {
      RowProblem given = new RowProblem(posed, row, posed.reach());
      RowProblem moved = refined.problem();
      boolean bounded = moved.loss(refined.levels()) <= given.loss(given.nearest);
      rounded.keep(row, moved, bounded ? refined.levels() : levels(row, moved.zero));
    }

    private int[] levels(int row, int[] zero) {
      int[] levels = new int[start.k()];
      for (int j = 0; j < levels.length; j++) {
        levels[j] = start.integer(row, j) - zero[j];
      }
      return levels;
    }
  }
}
