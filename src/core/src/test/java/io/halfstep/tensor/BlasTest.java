package io.halfstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/**
 * Every routine against its definition at sizes around those of its kernels, which differ between
 * processors.
 */
class BlasTest {
  private static final int LARGEST = 90;

  private static double[] random(Random random, int size) {
    return random.doubles(size, -1, 1).toArray();
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  private static OffHeapMatrix matrix(double[] values, int rows, int columns) {
    OffHeapMatrix matrix = new OffHeapMatrix(rows, columns);
    for (int i = 0; i < rows; i++) {
      matrix.put(i, 0, floats(values), i * columns, columns);
    }
    return matrix;
  }

  @Property(tries = 300)
  void systemsAreSolved(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = LARGEST) int k,
      @ForAll @IntRange(min = 1, max = 20) int rows) {
    Random random = new Random(seed);
    double[] half = random(random, k * k);
    double[] a = new double[k * k];
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < k; j++) {
        a[i * k + j] = (i == j ? 1 : 0) + dot(half, i, half, j, k);
      }
    }
    double[] expected = random(random, rows * k);
    double[] b = new double[rows * k];
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < k; j++) {
        for (int l = 0; l < k; l++) {
          b[r * k + j] += expected[r * k + l] * a[l * k + j];
        }
      }
    }
    assertThat(Blas.solveSymmetric(a, k, b, rows)).isTrue();
    assertThat(b).containsExactly(expected, within(1e-9));
  }

  @Test
  void aMatrixThatIsNotPositiveDefiniteIsRefused() {
    double[] b = {1, 2};
    assertThat(Blas.solveSymmetric(new double[] {1, 2, 2, 1}, 2, b, 1)).isFalse();
    assertThat(b).containsExactly(1, 2);
  }

  @Property(tries = 300)
  void unitUpperSystemsAreSolved(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = LARGEST) int k,
      @ForAll @IntRange(min = 1, max = 20) int rows) {
    Random random = new Random(seed);
    double[] u = random(random, k * k);
    for (int i = 0; i < u.length; i++) {
      u[i] /= k;
    }
    double[] expected = random(random, rows * k);
    try (DoubleMatrix upper = DoubleMatrix.square(u, k);
        DoubleMatrix x = new DoubleMatrix(rows, k)) {
      for (int r = 0; r < rows; r++) {
        double[] row = new double[k];
        for (int i = 0; i < k; i++) {
          row[i] = expected[r * k + i];
          for (int j = i + 1; j < k; j++) {
            row[i] += u[i * k + j] * expected[r * k + j];
          }
        }
        x.put(r, 0, row, 0, k);
      }
      x.solveUnitUpper(upper);
      double[] found = new double[rows * k];
      for (int r = 0; r < rows; r++) {
        x.get(r, 0, found, r * k, k);
      }
      assertThat(found).containsExactly(expected, within(1e-12));
    }
  }

  @Property(tries = 300)
  void productsAreSums(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = LARGEST) int m,
      @ForAll @IntRange(min = 1, max = LARGEST) int n,
      @ForAll @IntRange(min = 1, max = LARGEST) int inner) {
    Random random = new Random(seed);
    double[] a = random(random, m * inner);
    double[] b = random(random, n * inner);
    try (OffHeapMatrix left = matrix(a, m, inner);
        OffHeapMatrix right = matrix(b, n, inner);
        OffHeapMatrix product = new OffHeapMatrix(m, n);
        OffHeapMatrix square = new OffHeapMatrix(m, m)) {
      product.setProductTransposed(left, right, inner);
      square.setSquare(left, inner);
      float[] row = new float[Math.max(m, n)];
      for (int i = 0; i < m; i++) {
        product.get(i, 0, row, 0, n);
        for (int j = 0; j < n; j++) {
          assertThat((double) row[j]).isCloseTo(dot(a, i, b, j, inner), within(1e-4));
        }
        square.get(i, 0, row, 0, m);
        for (int j = i; j < m; j++) {
          assertThat((double) row[j]).isCloseTo(dot(a, i, a, j, inner), within(1e-4));
        }
      }
    }
  }

  private static double dot(double[] a, int i, double[] b, int j, int inner) {
    double sum = 0;
    for (int l = 0; l < inner; l++) {
      sum += a[i * inner + l] * b[j * inner + l];
    }
    return sum;
  }

  @Property(tries = 200)
  void symmetricProductsAreSums(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = LARGEST) int k,
      @ForAll @IntRange(min = 1, max = 20) int rows) {
    Random random = new Random(seed);
    double[] a = random(random, k * k);
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < i; j++) {
        a[i * k + j] = a[j * k + i];
      }
    }
    double[] x = random(random, rows * k);
    double[] product = Blas.timesSymmetric(x, rows, a, k);
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < k; j++) {
        assertThat(product[r * k + j]).isCloseTo(dot(x, r, a, j, k), within(1e-12));
      }
    }
  }
}
