package io.halfstep.rounding.row;

import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import java.util.concurrent.atomic.AtomicInteger;

/** Collects the rows of a solution. Rows may arrive from different threads. */
public final class RoundedRows {
  private final RoundingProblem problem;
  private final RoundingProblem posed;
  private final int[] integers;
  private final double[] losses;
  private final double[] nearestLosses;
  private final int[] flips;
  private final AtomicInteger proven = new AtomicInteger();

  /** Creates a solution on the problem's encoding. */
  public RoundedRows(RoundingProblem problem) {
    this(problem, problem);
  }

  /**
   * Creates a solution on an encoding that the solver chose.
   *
   * @param problem has the chosen encoding
   * @param posed has the given encoding; the solution is compared with its nearest integers
   */
  public RoundedRows(RoundingProblem problem, RoundingProblem posed) {
    this.problem = problem;
    this.posed = posed;
    integers = new int[problem.weights().length];
    losses = new double[problem.out()];
    nearestLosses = new double[problem.out()];
    flips = new int[problem.out()];
  }

  /** Takes a row's levels if they are better than the nearest ones, or else the nearest ones. */
  public void keepBetter(int row, RowProblem rowProblem, int[] levels) {
    keepBetter(
        row, rowProblem, levels, rowProblem.loss(levels), rowProblem.loss(rowProblem.nearest));
  }

  /** The same, with both losses already computed. */
  public void keepBetter(
      int row, RowProblem rowProblem, int[] levels, double loss, double nearestLoss) {
    if (loss < nearestLoss) {
      keep(row, rowProblem, levels, loss, nearestLoss);
    } else {
      keep(row, rowProblem, rowProblem.nearest, nearestLoss, nearestLoss);
    }
  }

  /** Takes a row's levels as they are. */
  public void keep(int row, RowProblem rowProblem, int[] levels) {
    keep(row, rowProblem, levels, rowProblem.loss(levels), rowProblem.loss(rowProblem.nearest));
  }

  private void keep(int row, RowProblem rowProblem, int[] levels, double loss, double nearestLoss) {
    int k = problem.k();
    int flipped = 0;
    for (int j = 0; j < k; j++) {
      integers[row * k + j] = levels[j] + rowProblem.zero[j];
      flipped += levels[j] == rowProblem.nearest[j] ? 0 : 1;
    }
    flips[row] = flipped;
    losses[row] = Math.max(0, loss);
    nearestLosses[row] = Math.max(0, isAsPosed() ? nearestLoss : posedNearestLoss(row));
  }

  private boolean isAsPosed() {
    return posed.encoding().equals(problem.encoding());
  }

  private double posedNearestLoss(int row) {
    RowProblem before = new RowProblem(posed, row, Reach.GRID);
    return before.loss(before.nearest);
  }

  /** Counts a row that is proved optimal on this encoding. */
  public void proved() {
    proven.incrementAndGet();
  }

  /** Returns the solution; all rows are in. */
  public RoundingSolution solution() {
    double loss = 0;
    double nearestLoss = 0;
    int flipped = 0;
    for (int row = 0; row < losses.length; row++) {
      loss += losses[row];
      nearestLoss += nearestLosses[row];
      flipped += flips[row];
    }
    return new RoundingSolution(
        new QuantizedWeight(integers, problem.out(), problem.k(), problem.encoding()),
        loss,
        nearestLoss,
        flipped,
        proven.get());
  }
}
