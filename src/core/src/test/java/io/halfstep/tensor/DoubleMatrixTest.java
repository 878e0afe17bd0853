package io.halfstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class DoubleMatrixTest {
  private static final int SIZE = 13;

  private static double[] random(int count, long seed) {
    return new Random(seed).doubles(count, -1, 1).toArray();
  }

  private static DoubleMatrix matrix(double[] values, int rows, int columns) {
    DoubleMatrix matrix = new DoubleMatrix(rows, columns);
    for (int r = 0; r < rows; r++) {
      matrix.put(r, 0, values, r * columns, columns);
    }
    return matrix;
  }

  @Test
  void addsTheProductWithSomeRowsToTheLaterColumns() {
    int rows = 3;
    int inner = 4;
    int row = 5;
    int column = 6;
    double[] a = random(rows * 7, 1);
    double[] b = random(SIZE * SIZE, 2);
    double[] c = random(rows * SIZE, 3);
    try (DoubleMatrix left = matrix(a, rows, 7);
        DoubleMatrix right = DoubleMatrix.square(b, SIZE);
        DoubleMatrix sum = matrix(c, rows, SIZE)) {
      sum.addProduct(left, right, inner, row, column);
      for (int i = 0; i < rows; i++) {
        double[] found = new double[SIZE];
        sum.get(i, 0, found, 0, SIZE);
        for (int j = 0; j < SIZE; j++) {
          double expected = c[i * SIZE + j];
          for (int l = 0; l < inner && j >= column; l++) {
            expected += a[i * 7 + l] * b[(row + l) * SIZE + j];
          }
          assertThat(found[j]).isCloseTo(expected, within(1e-14));
        }
      }
    }
  }

  @Test
  void solvesWithWhatStandsAboveTheDiagonal() {
    double[] u = random(SIZE * SIZE, 1);
    double[] y = random(2 * SIZE, 2);
    double[] x = new double[2 * SIZE];
    for (int r = 0; r < 2; r++) {
      for (int i = 0; i < SIZE; i++) {
        x[r * SIZE + i] = y[r * SIZE + i];
        for (int j = i + 1; j < SIZE; j++) {
          x[r * SIZE + i] += u[i * SIZE + j] * y[r * SIZE + j];
        }
      }
    }
    try (DoubleMatrix upper = DoubleMatrix.square(u, SIZE);
        DoubleMatrix rows = matrix(x, 2, SIZE)) {
      rows.solveUnitUpper(upper);
      for (int r = 0; r < 2; r++) {
        rows.get(r, 0, x, r * SIZE, SIZE);
      }
      assertThat(x).containsExactly(y, within(1e-10));
    }
  }

  @Test
  void refusesShapesThatDoNotFit() {
    try (DoubleMatrix two = new DoubleMatrix(2, 2);
        DoubleMatrix three = new DoubleMatrix(3, 3)) {
      assertThatThrownBy(() -> two.solveUnitUpper(three))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> three.addProduct(two, three, 2, 0, 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
