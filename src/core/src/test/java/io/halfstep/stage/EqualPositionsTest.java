package io.halfstep.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.protocol.Activation;
import io.halfstep.tensor.Tensor;
import org.junit.jupiter.api.Test;

class EqualPositionsTest {
  /** Two samples of two positions of three values; the positions have norms 3, 0, 30 and 1. */
  private static final float[] X = {1, -2, 2, 0, 0, 0, 10, 20, -20, 0, 0, -1};

  @Test
  void everyPositionHasTheSameMeanSquare() {
    float[] error = {0.5f, 0, 0, 7, 7, 7, 1, 1, 1, 0, 0.25f, 0};
    float[] xHat = new float[X.length];
    for (int i = 0; i < xHat.length; i++) {
      xHat[i] = X[i] + error[i];
    }

    Activation scaled =
        EqualPositions.of(new Activation(Tensor.of(X, 2, 2, 3), Tensor.of(xHat, 2, 2, 3)));

    double[] by = {Math.sqrt(3) / 3, 1, Math.sqrt(3) / 30, Math.sqrt(3)};
    for (int i = 0; i < X.length; i++) {
      double expected = X[i] * by[i / 3];
      assertThat(scaled.teacher().floats()[i]).isCloseTo((float) expected, within(1e-5f));
      assertThat(scaled.student().floats()[i])
          .isCloseTo((float) (expected + error[i] * by[i / 3]), within(1e-5f));
    }
    assertThat(scaled.teacher().shape()).containsExactly(2, 2, 3);
  }

  @Test
  void whatIsSharedStaysShared() {
    Activation scaled = EqualPositions.of(Activation.shared(Tensor.of(X.clone(), 2, 2, 3)));

    assertThat(scaled.isShared()).isTrue();
    assertThat(scaled.teacher().floats()[0]).isCloseTo((float) (Math.sqrt(3) / 3), within(1e-6f));
  }
}
