package io.halfstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockedCholeskyTest {
  private static double[] positive(int k) {
    Random random = new Random(k);
    double[] a = new double[k * k];
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < i; j++) {
        a[i * k + j] = random.nextGaussian() / k;
      }
      a[i * k + i] = 2 + random.nextDouble();
    }
    return a;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 127, 128, 129, 385, 701})
  void isWhatLapackGives(int k) {
    double[] blocked = positive(k);
    double[] whole = blocked.clone();
    assertThat(BlockedCholesky.factor(blocked, k, () -> {})).isTrue();
    assertThat(Blas.cholesky(whole, k)).isTrue();
    assertThat(blocked).containsExactly(whole, within(1e-12));
  }

  @Test
  void refusesWhatIsNotPositiveDefinite() {
    int k = 300;
    double[] a = positive(k);
    a[200 * k + 200] = -1;
    assertThat(BlockedCholesky.factor(a, k, () -> {})).isFalse();
  }

  @Test
  void canBeStopped() {
    assertThatThrownBy(
            () ->
                BlockedCholesky.factor(
                    positive(200),
                    200,
                    () -> {
                      throw new CancellationException();
                    }))
        .isInstanceOf(CancellationException.class);
  }
}
