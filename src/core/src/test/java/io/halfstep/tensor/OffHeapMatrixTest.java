package io.halfstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class OffHeapMatrixTest {
  private static OffHeapMatrix filled(float[] values, int rows, int columns) {
    OffHeapMatrix matrix = new OffHeapMatrix(rows, columns);
    matrix.put(0, 0, values, 0, values.length);
    return matrix;
  }

  private static float[] random(int size, long seed) {
    Random random = new Random(seed);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  @Test
  void productsOfViewsAndOfTheFirstColumns() {
    int m = 7;
    int inner = 13;
    int n = 5;
    float[] a = random(11 * 17, 1);
    float[] b = random(n * 17, 2);
    try (OffHeapMatrix left = filled(a, 11, 17);
        OffHeapMatrix right = filled(b, n, 17);
        OffHeapMatrix product = new OffHeapMatrix(m + 2, n + 3)) {
      OffHeapMatrix part = left.rows(3, 3 + m);
      assertThat(part.rows()).isEqualTo(m);
      product.setProductTransposed(part, right, inner);
      float[] row = new float[n];
      for (int i = 0; i < m; i++) {
        product.get(i, row, 0, n);
        for (int j = 0; j < n; j++) {
          double sum = 0;
          for (int l = 0; l < inner; l++) {
            sum += (double) a[(3 + i) * 17 + l] * b[j * 17 + l];
          }
          assertThat((double) row[j]).isCloseTo(sum, within(1e-5));
        }
      }
    }
  }

  @Test
  void plainProduct() {
    float[] a = random(4 * 6, 3);
    float[] b = random(6 * 9, 4);
    try (OffHeapMatrix left = filled(a, 4, 6);
        OffHeapMatrix right = filled(b, 6, 9);
        OffHeapMatrix product = new OffHeapMatrix(4, 10)) {
      product.setProduct(left, right, 8);
      float[] row = new float[8];
      for (int i = 0; i < 4; i++) {
        product.get(i, row, 0, 8);
        for (int j = 0; j < 8; j++) {
          double sum = 0;
          for (int l = 0; l < 6; l++) {
            sum += (double) a[i * 6 + l] * b[l * 9 + j];
          }
          assertThat((double) row[j]).isCloseTo(sum, within(1e-5));
        }
      }
      assertThatThrownBy(() -> product.setProduct(right, left, 4))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
