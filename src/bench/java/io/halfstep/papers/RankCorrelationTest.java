package io.halfstep.papers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RankCorrelationTest {
  /** {@code 1 − 6 Σd² / (n (n² − 1))} where no values are equal; here d = 0, 1, −1, 1, −1. */
  @Test
  void isSpearmansFormula() {
    double[] x = {1, 2, 3, 40, 500};
    double[] y = {-9, 7, 6, 90, 8};
    assertThat(RankCorrelation.of(x, y)).isCloseTo(1 - 6 * 4 / 120.0, within(1e-12));
  }

  /** Ranks 1, 2.5, 2.5, 4 and 4, 2.5, 2.5, 1. */
  @Test
  void equalValuesShareARank() {
    assertThat(RankCorrelation.of(new double[] {1, 2, 2, 3}, new double[] {9, 5, 5, 0}))
        .isCloseTo(-1, within(1e-12));
  }
}
