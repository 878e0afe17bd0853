package io.halfstep.gradient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class AdamTest {
  /** With one gradient throughout, the corrected moments are g and g²: each step is the rate. */
  @Test
  void equalGradientsMoveByTheRate() {
    float[] x = {1, 1, 1};
    Adam adam = new Adam(3);
    for (int step = 0; step < 5; step++) {
      adam.step(x, new float[] {3, -0.01f, 0}, 0.1);
    }
    assertThat(x[0]).isCloseTo(0.5f, within(1e-5f));
    assertThat(x[1]).isCloseTo(1.5f, within(1e-5f));
    assertThat(x[2]).isEqualTo(1);
  }

  /** The moments as sums: {@code (1 − β) Σ_i β^(t−i) g_i / (1 − β^t)}. */
  @Test
  void theMomentsAreWeightedMeans() {
    int steps = 30;
    double[] gradients = new Random(3).doubles(steps, -1, 2).toArray();
    float[] x = {0};
    Adam adam = new Adam(1);
    double expected = 0;
    for (int t = 1; t <= steps; t++) {
      adam.step(x, new float[] {(float) gradients[t - 1]}, 0.02 / t);
      double mean = 0;
      double square = 0;
      for (int i = 1; i <= t; i++) {
        mean += 0.1 * Math.pow(0.9, t - i) * gradients[i - 1];
        square += 0.001 * Math.pow(0.999, t - i) * gradients[i - 1] * gradients[i - 1];
      }
      mean /= 1 - Math.pow(0.9, t);
      square /= 1 - Math.pow(0.999, t);
      expected -= 0.02 / t * mean / Math.sqrt(square);
    }
    assertThat((double) x[0]).isCloseTo(expected, within(1e-5));
  }
}
