package io.halfstep.rounding;

import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** The baselines: each row by itself, whatever the moments say. */
final class RowWiseRounder implements Rounder {
  private interface RowRounding {
    int[] levels(RowProblem row, SplittableRandom random);
  }

  private final RowRounding rounding;

  private RowWiseRounder(RowRounding rounding) {
    this.rounding = rounding;
  }

  /** To the nearest level. */
  static Rounder nearest() {
    return new RowWiseRounder((row, random) -> row.nearest);
  }

  /**
   * Up with the probability of the fractional part, down otherwise ([S] §2.7). The pure baseline:
   * alone among the solvers it may be worse than nearest.
   */
  static Rounder stochastic() {
    return new RowWiseRounder(
        (row, random) -> {
          int[] levels = new int[row.k];
          for (int j = 0; j < row.k; j++) {
            levels[j] = row.clamp(j, Math.floor(row.weight[j] / row.step[j] + random.nextDouble()));
          }
          return levels;
        });
  }

  @Override
  public RoundingSolution solve(RoundingProblem problem, Control control) {
    Rounded rounded = new Rounded(problem);
    Progress progress = new Progress(control, problem.out());
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
