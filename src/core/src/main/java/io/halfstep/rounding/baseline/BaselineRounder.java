package io.halfstep.rounding.baseline;

import io.halfstep.rounding.Reach;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.row.RoundedRows;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.tensor.ClipFunction;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** The baselines, which do not look at the moments. */
public final class BaselineRounder implements Rounder {
  private interface RowRounding {
    int[] levels(RowProblem row, SplittableRandom random);
  }

  private final RowRounding rounding;

  private BaselineRounder(RowRounding rounding) {
    this.rounding = rounding;
  }

  /** Rounds to the nearest level. */
  public static Rounder nearest() {
    return new BaselineRounder((row, random) -> row.nearest);
  }

  /**
   * Rounds up with a probability equal to the fractional part, and down otherwise ([S] §2.7). It is
   * the only solver that may be worse than rounding to nearest.
   */
  public static Rounder stochastic() {
    return new BaselineRounder(
        (row, random) -> {
          int[] levels = new int[row.k];
          for (int j = 0; j < row.k; j++) {
            levels[j] = row.clamp(j, Math.floor(row.weight[j] / row.step[j] + random.nextDouble()));
          }
          return levels;
        });
  }

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
    SolverProgress progress = new SolverProgress(control, problem.out());
    IntStream.range(0, problem.out())
        .parallel()
        .forEach(
            row -> {
              RowProblem rowProblem = new RowProblem(problem, row, Reach.FLOOR_CEIL);
              SplittableRandom random = RowProblem.random(problem, row);
              rounded.keep(row, rowProblem, rounding.levels(rowProblem, random));
              progress.step();
            });
    return rounded.solution();
  }
}
