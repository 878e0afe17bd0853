package io.halfstep.papers;

import io.halfstep.rounding.Reach;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.row.RoundedRows;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.tensor.ClipFunction;

/** Rounds all weights up, or all down ([A] Table 1). */
enum DirectedRounder implements Rounder {
  CEIL,
  FLOOR;

  @Override
  public boolean usesSamples(ClipFunction activation) {
    return false;
  }

  @Override
  public Rounder ofPieces() {
    return this;
  }

  @Override
  public RoundingSolution solve(RoundingProblem problem, RoundingControl control) {
    RoundedRows rounded = new RoundedRows(problem);
    for (int row = 0; row < problem.out(); row++) {
      RowProblem of = new RowProblem(problem, row, Reach.FLOOR_CEIL);
      rounded.keep(row, of, this == CEIL ? of.highest : of.lowest);
    }
    return rounded.solution();
  }
}
