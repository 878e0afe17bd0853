package io.halfstep.rounding.product;

import io.halfstep.quantizer.Codebook;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.row.ParallelSteps;
import io.halfstep.rounding.row.RoundedRows;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.tensor.ClipFunction;

/**
 * Rounds weights in product quantization, where levels are vectors, by successive assignment and
 * descent ({@link VectorSearch}), as Stock et al. 2020 weigh the error by the layer's input. It
 * keeps the given levels and scales.
 */
public final class VectorRounder implements Rounder {
  private final Rounder ofNumbers;

  /**
   * Creates a solver.
   *
   * @param ofNumbers solves problems whose levels are numbers
   */
  public VectorRounder(Rounder ofNumbers) {
    this.ofNumbers = ofNumbers;
  }

  @Override
  public boolean usesSamples(ClipFunction activation) {
    return ofNumbers.usesSamples(activation);
  }

  @Override
  public Rounder ofPieces() {
    return new VectorRounder(ofNumbers.ofPieces());
  }

  @Override
  public RoundingSolution solve(RoundingProblem problem, RoundingControl control) {
    Codebook codebook = problem.encoding().codebook();
    if (codebook == null || !codebook.isVectors()) {
      return ofNumbers.solve(problem, control);
    }
    RoundedRows rounded = new RoundedRows(problem);
    SolverProgress progress = new SolverProgress(control, problem.out());
    ParallelSteps.run(
        problem.out(),
        row -> {
          RowProblem posed = new RowProblem(problem, row, problem.reach());
          int[] levels = VectorSearch.best(posed, codebook.dimension(), codebook.size(), progress);
          rounded.keepBetter(row, posed, levels);
          progress.step();
        });
    return rounded.solution();
  }
}
