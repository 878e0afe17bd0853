package io.halfstep.rounding.product;

import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import java.util.Arrays;

/**
 * The search for the vectors of one row. It assigns one vector after the other, each to the entry
 * that makes up best for the errors of those before; then it moves single vectors until none lowers
 * L. A move of a vector's displacement by δ adds {@code 2 g·δ + δ Ĝ δᵀ} to L, with {@code g = ½
 * ∇L}.
 */
final class VectorSearch {
  // a smaller share of the loss is rounding error, not improvement
  private static final double NEGLIGIBLE = 1e-12;
  private static final int MAX_SWEEPS = 50;

  private final RowProblem row;
  private final int dimension;
  private final int size;
  private final double[] d;
  private final double[] halfGradient;
  private final int[] levels;
  private final double[] delta;

  /** A search from the teacher's weights, which no entries stand for yet. */
  private VectorSearch(RowProblem row, int dimension, int size) {
    this.row = row;
    this.dimension = dimension;
    this.size = size;
    d = new double[row.k];
    halfGradient = row.linear.clone();
    levels = new int[row.k];
    delta = new double[dimension];
  }

  /**
   * Returns the best levels found for a row.
   *
   * @param size the number of entries of the codebook
   */
  static int[] best(RowProblem row, int dimension, int size, SolverProgress progress) {
    VectorSearch successive = new VectorSearch(row, dimension, size);
    for (int from = 0; from < row.k; from += dimension) {
      successive.assign(from);
    }
    successive.descend(progress);
    VectorSearch nearest = new VectorSearch(row, dimension, size);
    for (int from = 0; from < row.k; from += dimension) {
      nearest.move(from, row.nearest[from]);
    }
    nearest.descend(progress);
    return row.loss(successive.levels) < row.loss(nearest.levels)
        ? successive.levels
        : nearest.levels;
  }

  private void descend(SolverProgress progress) {
    boolean moves = true;
    for (int sweep = 0; moves && sweep < MAX_SWEEPS; sweep++) {
      progress.check();
      moves = false;
      for (int from = 0; from < row.k; from += dimension) {
        moves |= assign(from);
      }
    }
  }

  /** Gives a vector its best level; returns whether that lowers L. */
  private boolean assign(int from) {
    int best = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int level = 0; level < size; level++) {
      double cost = cost(from, level);
      if (cost < least) {
        least = cost;
        best = level;
      }
    }
    move(from, best);
    return least < -NEGLIGIBLE * row.gram[from * (row.k + 1)] * row.step[from] * row.step[from];
  }

  private double cost(int from, int level) {
    int to = Math.min(row.k, from + dimension);
    double cost = 0;
    for (int i = from; i < to; i++) {
      delta[i - from] = displacement(i, level) - d[i];
      double product = 2 * halfGradient[i] + delta[i - from] * row.gram[i * (row.k + 1)];
      for (int j = from; j < i; j++) {
        product += 2 * delta[j - from] * row.gram[i * row.k + j];
      }
      cost += delta[i - from] * product;
    }
    return cost;
  }

  private double displacement(int i, int level) {
    return row.step[i] * row.value(i, level) - row.weight[i];
  }

  private void move(int from, int level) {
    int to = Math.min(row.k, from + dimension);
    Arrays.fill(levels, from, to, level);
    for (int i = from; i < to; i++) {
      double moved = displacement(i, level) - d[i];
      d[i] += moved;
      for (int j = 0; moved != 0 && j < row.k; j++) {
        halfGradient[j] += moved * row.gram[i * row.k + j];
      }
    }
  }
}
