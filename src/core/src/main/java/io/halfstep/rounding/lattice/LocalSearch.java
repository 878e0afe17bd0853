package io.halfstep.rounding.lattice;

import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import java.util.SplittableRandom;

/**
 * Local search from one rounding of a row to better ones. A move changes one weight by one level.
 */
final class LocalSearch {
  // a smaller share of the loss is rounding error, not improvement
  private static final double NEGLIGIBLE = 1e-12;
  private static final int CHECK_INTERVAL = 256;

  private final RowProblem row;
  private final int k;
  private final double[] d;
  private final double[] halfGradient;
  private final int[] levels;
  private double loss;

  // of each weight: what the better of its two moves adds to the loss
  private final double[] cost;
  // of each weight and each of its moves: how far it goes, and the part of the cost that doesn't
  // depend on the gradient: infinite where there is no such move, and the distance is 0
  private final double[] up;
  private final double[] upSquare;
  private final double[] down;
  private final double[] downSquare;

  /** A search from these levels. */
  LocalSearch(RowProblem row, int[] start) {
    this(row, start, row.halfGradient(row.displacement(start)));
  }

  /**
   * A search from levels whose gradient is known.
   *
   * @param halfGradient at the start; the search changes this array
   */
  LocalSearch(RowProblem row, int[] start, double[] halfGradient) {
    this.row = row;
    this.halfGradient = halfGradient;
    k = row.k;
    levels = start.clone();
    d = row.displacement(levels);
    loss = row.loss(d, halfGradient);
    cost = new double[k];
    up = new double[k];
    upSquare = new double[k];
    down = new double[k];
    downSquare = new double[k];
    for (int j = 0; j < k; j++) {
      findMoves(j);
    }
    price();
  }

  double loss() {
    return loss;
  }

  /** Returns the better of two searches. */
  LocalSearch orBetter(LocalSearch other) {
    return other.loss < loss ? other : this;
  }

  int[] levels() {
    return levels;
  }

  private void findMoves(int j) {
    int level = levels[j];
    double diagonal = row.gram[j * k + j];
    boolean canUp = level < row.highest[j];
    boolean canDown = level > row.lowest[j];
    up[j] = canUp ? row.step[j] * (row.value(level + 1) - row.value(level)) : 0;
    down[j] = canDown ? row.step[j] * (row.value(level) - row.value(level - 1)) : 0;
    upSquare[j] = canUp ? up[j] * up[j] * diagonal : Double.POSITIVE_INFINITY;
    downSquare[j] = canDown ? down[j] * down[j] * diagonal : Double.POSITIVE_INFINITY;
  }

  private void price() {
    for (int j = 0; j < k; j++) {
      cost[j] = Math.min(costUp(j, halfGradient[j]), costDown(j, halfGradient[j]));
    }
  }

  private double costUp(int j, double g) {
    return upSquare[j] + 2 * up[j] * g;
  }

  private double costDown(int j, double g) {
    return downSquare[j] - 2 * down[j] * g;
  }

  private void move(int j) {
    loss += cost[j];
    shift(j, costUp(j, halfGradient[j]) < costDown(j, halfGradient[j]) ? 1 : -1);
  }

  private void shift(int j, int by) {
    double delta = by > 0 ? up[j] : -down[j];
    levels[j] += by;
    d[j] += delta;
    findMoves(j);
    int at = j * k;
    for (int i = 0; i < k; i++) {
      halfGradient[i] += delta * row.gram[at + i];
    }
    price();
  }

  /** Makes the best move until no move lowers the loss. */
  void descend() {
    while (true) {
      int best = -1;
      double least = -NEGLIGIBLE * Math.abs(loss);
      for (int j = 0; j < k; j++) {
        if (cost[j] < least) {
          least = cost[j];
          best = j;
        }
      }
      if (best < 0) {
        return;
      }
      move(best);
    }
  }

  /**
   * Tabu search (F. Glover, G. Kochenberger, B. Alidaee 1998, <em>Adaptive memory tabu search for
   * binary quadratic programs</em>, Management Science 44). It makes the best move even if that
   * raises the loss. A weight that has just moved stays for some steps, unless moving it gives the
   * lowest loss so far. It ends with the best levels it met. After it, this search cannot go on;
   * start a new one from its levels.
   */
  void tabu(int steps, SplittableRandom random, SolverProgress progress) {
    int[] until = new int[k];
    int[] record = levels.clone();
    double recordLoss = loss;
    for (int t = 0; t < steps; t++) {
      if (t % CHECK_INTERVAL == 0) {
        progress.check();
      }
      int best = -1;
      double least = Double.POSITIVE_INFINITY;
      double improving = recordLoss - loss - NEGLIGIBLE * Math.abs(recordLoss);
      for (int j = 0; j < k; j++) {
        if (cost[j] < least && (until[j] <= t || cost[j] < improving)) {
          least = cost[j];
          best = j;
        }
      }
      if (best >= 0) {
        move(best);
        until[best] = t + 2 + k / 100 + random.nextInt(10);
        if (least < improving) {
          recordLoss = loss;
          System.arraycopy(levels, 0, record, 0, k);
        }
      }
    }
    System.arraycopy(record, 0, levels, 0, k);
    loss = recordLoss;
  }

  /** Makes the best move of two weights and descends, until no such move lowers the loss. */
  void descendByPairs(SolverProgress progress) {
    boolean found = true;
    while (found) {
      found = false;
      double least = -NEGLIGIBLE * Math.abs(loss);
      int bestI = 0;
      int bestJ = 0;
      int bestBy = 0;
      for (int i = 0; i < k; i++) {
        if (i % CHECK_INTERVAL == 0) {
          progress.check();
        }
        for (int by = -1; by <= 1; by += 2) {
          double first = cost(i, by);
          double delta = by > 0 ? up[i] : -down[i];
          for (int j = 0; j < i && first < Double.POSITIVE_INFINITY; j++) {
            double g = halfGradient[j] + delta * row.gram[i * k + j];
            double sum = first + Math.min(costUp(j, g), costDown(j, g));
            if (sum < least) {
              least = sum;
              bestI = i;
              bestJ = j;
              bestBy = by;
              found = true;
            }
          }
        }
      }
      if (found) {
        loss += cost(bestI, bestBy);
        shift(bestI, bestBy);
        move(bestJ);
        descend();
      }
    }
  }

  private double cost(int j, int by) {
    return by > 0 ? costUp(j, halfGradient[j]) : costDown(j, halfGradient[j]);
  }
}
