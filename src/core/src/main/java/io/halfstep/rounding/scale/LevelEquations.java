package io.halfstep.rounding.scale;

import io.halfstep.rounding.row.RowProblem;
import io.halfstep.tensor.Blas;

/**
 * The normal equations of the values of a table's levels, for fixed indices {@code u}. L of a row
 * is a quadratic function of the changes δ of the values:
 *
 * <pre>
 *   L(δ) = δ A δᵀ − 2 r δᵀ + const,
 *   A[a, b] = Σ_{u[i] = a, u[j] = b} step[i] Ĝ[i, j] step[j],   r[a] = −½ Σ_{u[i] = a} step[i] ∇L[i]
 * </pre>
 *
 * For rows that share a table, the equations are added.
 */
final class LevelEquations {
  // lets a level that no weight has stay where it is, and changes nothing else
  private static final double DAMPING = 1e-9;

  private final int size;
  private final double[] curvature;
  private final double[] slope;

  /** No row yet. */
  LevelEquations(int size) {
    this.size = size;
    curvature = new double[size * size];
    slope = new double[size];
  }

  /** Adds a row with these indices. */
  void add(RowProblem row, int[] indices) {
    double[] halfGradient = row.halfGradient(row.displacement(indices));
    for (int i = 0; i < row.k; i++) {
      int at = indices[i] * size;
      for (int j = 0; j < row.k; j++) {
        curvature[at + indices[j]] += row.step[i] * row.gram[i * row.k + j] * row.step[j];
      }
      slope[indices[i]] -= row.step[i] * halfGradient[i];
    }
  }

  /** Adds other equations. */
  void add(LevelEquations other) {
    for (int i = 0; i < curvature.length; i++) {
      curvature[i] += other.curvature[i];
    }
    for (int i = 0; i < size; i++) {
      slope[i] += other.slope[i];
    }
  }

  /**
   * Returns the changes of the values that minimise L.
   *
   * @param basis {@code [size, parameters]}: the changes are linear in the parameters
   */
  double[] changes(double[][] basis) {
    int parameters = basis[0].length;
    double[] a = new double[parameters * parameters];
    double[] theta = new double[parameters];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        addOuter(a, curvature[i * size + j], basis[i], basis[j]);
      }
      for (int p = 0; p < parameters; p++) {
        theta[p] += basis[i][p] * slope[i];
      }
    }
    double damping = DAMPING * RowProblem.meanDiagonal(a, parameters) + Double.MIN_NORMAL;
    for (int p = 0; p < parameters; p++) {
      a[p * parameters + p] += damping;
    }
    double[] changes = new double[size];
    if (Blas.solveSymmetric(a, parameters, theta, 1)) {
      for (int i = 0; i < size; i++) {
        for (int p = 0; p < parameters; p++) {
          changes[i] += basis[i][p] * theta[p];
        }
      }
    }
    return changes;
  }

  private static void addOuter(double[] to, double factor, double[] x, double[] y) {
    for (int p = 0; p < x.length; p++) {
      for (int q = 0; factor * x[p] != 0 && q < y.length; q++) {
        to[p * y.length + q] += factor * x[p] * y[q];
      }
    }
  }
}
