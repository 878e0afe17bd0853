package io.halfstep.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.WeightLevels.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightLevelsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "uniform",
        "power-of-two",
        "codebook",
        "ternary",
        "binary",
        "binary:2",
        "binary:3",
        "product:2",
        "product:16"
      })
  void labelsAreRead(String label) {
    assertThat(WeightLevels.parse(label).label()).isEqualTo(label);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "codebooks",
        "binary:1",
        "binary:4",
        "binary:",
        "binary:02",
        "ternary:2",
        "product",
        "product:3",
        "product:32",
        "product:999999999999"
      })
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> WeightLevels.parse(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected uniform, power-of-two");
  }

  @Test
  void indicesCountTheLevels() {
    assertThat(new WeightLevels(Kind.TERNARY, 1).indices(8)).isEqualTo(new Grid(2, 0, 2));
    assertThat(new WeightLevels(Kind.BINARY, 1).indices(8)).isEqualTo(new Grid(1, 0, 1));
    assertThat(new WeightLevels(Kind.BINARY, 3).indices(8)).isEqualTo(new Grid(3, 0, 7));
    assertThat(new WeightLevels(Kind.POWER_OF_TWO, 1).indices(4)).isEqualTo(new Grid(4, 0, 14));
    assertThat(new WeightLevels(Kind.CODEBOOK, 1).indices(3)).isEqualTo(new Grid(3, 0, 7));
    assertThat(new WeightLevels(Kind.PRODUCT, 4).indices(8)).isEqualTo(new Grid(8, 0, 255));
  }

  @Test
  void sumsOfBasesAscendAndTellTheirBases() {
    double[] sums = SignedSums.of(new double[] {0.5, -2});
    assertThat(sums).containsExactly(-2.5, -1.5, 1.5, 2.5);
    for (double[] alphas : new double[][] {{3}, {2, 0.5}, {4, 2, 1}, {4, 3, 2.5}, {1, 1, 1}}) {
      double[] of = SignedSums.of(alphas);
      assertThat(of).isSorted().hasSize(1 << alphas.length);
      float[] single = new float[of.length];
      for (int i = 0; i < of.length; i++) {
        single[i] = (float) of[i];
      }
      assertThat(SignedSums.alphas(single)).containsExactly(alphas, within(1e-6));
      double[][] signs = SignedSums.signs(alphas);
      for (int i = 0; i < of.length; i++) {
        double sum = 0;
        for (int m = 0; m < alphas.length; m++) {
          sum += signs[i][m] * alphas[m];
        }
        assertThat(sum).isEqualTo(of[i]);
      }
    }
  }
}
