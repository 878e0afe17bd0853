package io.halfstep.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PredictionsTest {
  private static Predictions of(Tensor output) {
    return Objects.requireNonNull(Predictions.of(output));
  }

  @Test
  void theGreatestScoreOfEachPlace() {
    assertThat(of(Tensor.of(new float[] {1, 3, 3, 2, 0, 1}, 2, 3)).classes()).containsExactly(1, 0);
    Tensor maps = Tensor.of(new float[] {1, 0, 5, 0, 2, 9, 4, 0}, 1, 2, 2, 2);
    assertThat(of(maps).classes()).containsExactly(1, 1, 0, 0);
    assertThat(of(maps.reshape(2, 2, 2)).classes()).containsExactly(0, 0, 1, 0);
    assertThat(of(Tensor.of(new float[] {Float.NaN, -1}, 1, 2)).classes()).containsExactly(1);
  }

  @Test
  void integersAreTheClassesThemselves() {
    assertThat(of(Tensor.of(ElementType.INT64, new long[] {7, 2}, 2)).classes())
        .containsExactly(7, 2);
  }

  @Test
  void oneColumnHoldsNoScores() {
    assertThat(Predictions.of(Tensor.of(new float[3], 3, 1))).isNull();
    assertThat(Predictions.of(Tensor.of(new float[3], 3))).isNull();
  }

  @Test
  void ranksTheLabelAmongTheScores() {
    Predictions scores = of(Tensor.of(new float[] {0.1f, 0.9f, 0.9f, 0.5f}, 1, 4));

    assertThat(scores.amongBest(0, 1, 1)).isTrue();
    assertThat(scores.amongBest(0, 2, 1)).isFalse();
    assertThat(scores.amongBest(0, 2, 2)).isTrue();
    assertThat(scores.amongBest(0, 3, 2)).isFalse();
    assertThat(scores.amongBest(0, 3, 3)).isTrue();
    assertThat(scores.amongBest(0, 9, 4)).isFalse();
  }
}
