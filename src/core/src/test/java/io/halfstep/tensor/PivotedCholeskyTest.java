package io.halfstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PivotedCholeskyTest {
  private static final int SIZE = 200;

  /** A Gram matrix of more positions than it has rows. */
  private static double[] positive(int k) {
    Random random = new Random(k);
    double[] root = random.doubles(2L * k * k, -1, 1).toArray();
    double[] a = new double[k * k];
    for (int p = 0; p < 2 * k; p++) {
      for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++) {
          a[i * k + j] += (1 + i % 5) * root[p * k + i] * (1 + j % 5) * root[p * k + j];
        }
      }
    }
    return a;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 63, 64, 65, 129, 340})
  void factorTimesItsTransposeIsTheReorderedMatrix(int k) {
    double[] a = positive(k);
    double[] factor = a.clone();
    int[] order = Blas.pivotedCholesky(factor, k, () -> {});

    assertThat(order).containsExactlyInAnyOrder(IntStream.range(0, k).toArray());
    for (int i = 0; i < k; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = 0;
        for (int l = 0; l <= j; l++) {
          sum += factor[i * k + l] * factor[j * k + l];
        }
        assertThat(sum).isCloseTo(a[order[i] * k + order[j]], within(1e-9 * k));
      }
    }
  }

  /** Compares each pivot with the diagonals after plain elimination of the earlier ones. */
  @ParameterizedTest
  @ValueSource(ints = {30, 130})
  void eachPivotIsTheLeast(int k) {
    double[] left = positive(k);
    double[] factor = left.clone();
    int[] order = Blas.pivotedCholesky(factor, k, () -> {});

    boolean[] done = new boolean[k];
    for (int step = 0; step < k; step++) {
      int pivot = order[step];
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0; i < k; i++) {
        least = done[i] ? least : Math.min(least, left[i * k + i]);
      }
      assertThat(left[pivot * k + pivot]).isCloseTo(least, within(1e-9 * k));
      assertThat(factor[step * k + step]).isCloseTo(Math.sqrt(least), within(1e-9 * k));
      done[pivot] = true;
      for (int i = 0; i < k; i++) {
        double share = left[i * k + pivot] / left[pivot * k + pivot];
        for (int j = 0; j < k && !done[i]; j++) {
          left[i * k + j] -= share * left[pivot * k + j];
        }
      }
    }
  }

  @Test
  void refusesWhatIsNotPositiveDefinite() {
    double[] a = positive(SIZE);
    a[150 * SIZE + 150] = -1;
    assertThat(Blas.pivotedCholesky(a, SIZE, () -> {})).isEmpty();
    assertThat(Blas.pivotedCholesky(new double[] {1, 2, 2, 1}, 2, () -> {})).isEmpty();
    double[] undefined = positive(SIZE);
    Arrays.fill(undefined, 0, SIZE, Double.NaN);
    assertThat(Blas.pivotedCholesky(undefined, SIZE, () -> {})).isEmpty();
  }

  @Test
  void canBeStopped() {
    assertThatThrownBy(
            () ->
                Blas.pivotedCholesky(
                    positive(SIZE),
                    SIZE,
                    () -> {
                      throw new CancellationException();
                    }))
        .isInstanceOf(CancellationException.class);
  }
}
