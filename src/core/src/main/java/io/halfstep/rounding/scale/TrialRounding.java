package io.halfstep.rounding.scale;

import io.halfstep.rounding.row.RowProblem;
import org.jspecify.annotations.Nullable;

/** How a solver rounds one row to judge the scales of a trial. It is called from many threads. */
public interface TrialRounding {
  /**
   * Rounds a row.
   *
   * @param row its number in the problem
   * @param problem the row on the scales of the trial
   * @param known levels of the row on other scales; null in the first trial
   * @return levels whose loss is at most that of the nearest levels
   */
  Result round(int row, RowProblem problem, int @Nullable [] known);

  /** Returns the sum of L of the rows {@code [from, to)}. */
  static double loss(Result[] rows, int from, int to) {
    double sum = 0;
    for (int row = from; row < to; row++) {
      sum += rows[row].loss();
    }
    return sum;
  }

  /**
   * A rounded row.
   *
   * @param loss L of the levels
   */
  record Result(int[] levels, double loss) {
    /** Returns the better of two results. */
    public Result orBetter(Result other) {
      return other.loss < loss ? other : this;
    }
  }
}
