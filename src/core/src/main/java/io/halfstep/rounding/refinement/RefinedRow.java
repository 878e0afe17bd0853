package io.halfstep.rounding.refinement;

import io.halfstep.rounding.row.RowProblem;
import io.halfstep.tensor.ClipFunction;

/**
 * A row whose error behind the activation function is being lowered. A move changes one weight by
 * one level. The gradient predicts which moves are promising; a move is made if the error at the
 * stored positions really falls. The result is the last levels for which the error at the held-out
 * positions fell too.
 */
final class RefinedRow {
  // a smaller share of the error is rounding error, not improvement
  private static final double NEGLIGIBLE = 1e-6;
  private static final int LEAST_TRIALS = 8;
  private static final int WEIGHTS_PER_TRIAL = 16;

  private final RowProblem row;
  private final StoredPositions positions;
  private final ClipFunction activation;
  private final float[] targets;
  private final float[] outputs;
  private final int[] levels;
  private int[] best;
  private double error;
  private double heldOutError;
  private boolean done;

  /** Buffers that one thread reuses for many rows. */
  static final class Scratch {
    private final float[] column;
    private final double[] slope;
    private final boolean[] tried;

    Scratch(int k, int positions) {
      column = new float[positions];
      slope = new double[k];
      tried = new boolean[k];
    }
  }

  /**
   * A row before its first move.
   *
   * @param number of the row within its group
   */
  RefinedRow(
      RowProblem row, int[] start, StoredPositions positions, int number, ClipFunction activation) {
    this.row = row;
    this.positions = positions;
    this.activation = activation;
    targets = positions.targets[number];
    outputs = positions.outputs[number];
    levels = start.clone();
    best = start;
    error = error(0, positions.learned);
    heldOutError = error(positions.learned, positions.count);
  }

  /** Returns whether the error can no longer be lowered. */
  boolean isDone() {
    return done;
  }

  RowProblem problem() {
    return row;
  }

  /** Returns the best levels so far. */
  int[] levels() {
    return best;
  }

  private double error(int from, int to) {
    double sum = 0;
    for (int n = from; n < to; n++) {
      double difference = activation.apply(outputs[n]) - targets[n];
      sum += difference * difference;
    }
    return sum;
  }

  private double errorAfter(float delta, float[] column) {
    double sum = 0;
    for (int n = 0; n < positions.learned; n++) {
      double difference = activation.apply(outputs[n] + delta * column[n]) - targets[n];
      sum += difference * difference;
    }
    return sum;
  }

  /** {@code f_a'(ŷ) (f_a(ŷ) − f_a(y))} at the positions that are learned from. */
  void residuals(float[] to) {
    for (int n = 0; n < positions.learned; n++) {
      to[n] = activation.passes(outputs[n]) ? outputs[n] - targets[n] : 0;
    }
  }

  /** {@code f_a'(ŷ)} at positions {@code [from, from + count)}. */
  void slopes(int from, int count, float[] to) {
    for (int n = 0; n < count; n++) {
      to[n] = activation.passes(outputs[from + n]) ? 1 : 0;
    }
  }

  /** Returns the share of the positions that are learned from at which {@code f_a'(ŷ)} is 1. */
  private double activeShare() {
    int active = 0;
    for (int n = 0; n < positions.learned; n++) {
      active += activation.passes(outputs[n]) ? 1 : 0;
    }
    return (double) active / positions.learned;
  }

  /**
   * Tries the most promising moves.
   *
   * @param halfGradient {@code Σ f_a'(ŷ) (f_a(ŷ) − f_a(y)) x̂} of this row
   * @param curvature {@code Σ f_a'(ŷ) x̂²} of this row
   */
  void descend(float[] halfGradient, float[] curvature, Scratch scratch) {
    double[] slope = scratch.slope;
    for (int j = 0; j < row.k; j++) {
      slope[j] = halfGradient[j];
      scratch.tried[j] = false;
    }
    // a move changes the other slopes by about this share of what it would change without f_a
    double coupling = activeShare() * positions.learned;
    boolean moved = false;
    for (int left = LEAST_TRIALS + row.k / WEIGHTS_PER_TRIAL; left > 0; left--) {
      int j = mostPromising(slope, curvature, scratch.tried);
      if (j < 0) {
        break;
      }
      scratch.tried[j] = true;
      int by = slope[j] > 0 ? -1 : 1;
      float delta = (float) (by * row.step[j]);
      positions.columns.get(j, scratch.column, 0, positions.count);
      double after = errorAfter(delta, scratch.column);
      if (after < error * (1 - NEGLIGIBLE)) {
        move(j, by, delta, scratch.column);
        error = after;
        moved = true;
        for (int i = 0; i < row.k; i++) {
          slope[i] += coupling * delta * row.gram[j * row.k + i];
        }
      }
    }
    double heldOut = moved ? error(positions.learned, positions.count) : heldOutError;
    done = heldOut >= heldOutError;
    if (!done) {
      heldOutError = heldOut;
      best = levels.clone();
    }
  }

  private int mostPromising(double[] slope, float[] curvature, boolean[] tried) {
    int best = -1;
    double least = -NEGLIGIBLE * error;
    for (int j = 0; j < row.k; j++) {
      double step = row.step[j];
      double change = step * (step * curvature[j] - 2 * Math.abs(slope[j]));
      boolean open = slope[j] > 0 ? levels[j] > row.lowest[j] : levels[j] < row.highest[j];
      if (change < least && open && !tried[j]) {
        least = change;
        best = j;
      }
    }
    return best;
  }

  private void move(int j, int by, float delta, float[] column) {
    levels[j] += by;
    for (int n = 0; n < positions.count; n++) {
      outputs[n] += delta * column[n];
    }
  }
}
