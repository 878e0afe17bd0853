package io.halfstep.cli.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.statistics.Predictions;
import io.halfstep.tensor.Tensor;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class AccuracyTest {
  @Test
  void meanIouLeavesOutPlacesWithoutAClass() {
    // [1, 2, 1, 4]: the classes 0, 1, 1, 0
    Tensor scores = Tensor.of(new float[] {1, 0, 0, 1, 0, 1, 1, 0}, 1, 2, 1, 4);
    Accuracy accuracy = new Accuracy();

    accuracy.add(Objects.requireNonNull(Predictions.of(scores)), new long[] {0, 1, 0, 255}, true);

    assertThat(accuracy.top1()).isCloseTo(2.0 / 3, within(1e-12));
    assertThat(accuracy.meanIou()).isCloseTo(0.5, within(1e-12));
    assertThat(accuracy.top5()).isNaN();
  }

  @Test
  void top5CountsLabelsAmongTheFiveGreatest() {
    Tensor scores = Tensor.of(new float[] {6, 5, 4, 3, 2, 1, 6, 5, 4, 3, 2, 1}, 2, 6);
    Accuracy accuracy = new Accuracy();

    accuracy.add(Objects.requireNonNull(Predictions.of(scores)), new long[] {4, 5}, false);

    assertThat(accuracy.top1()).isZero();
    assertThat(accuracy.top5()).isEqualTo(0.5);
    assertThat(accuracy.meanIou()).isNaN();
  }

  @Test
  void knowsChance() {
    assertThat(predictingZeros(40, 20).isChance()).isTrue();
    assertThat(predictingZeros(40, 40).isChance()).isFalse(); // one class of labels only
  }

  private static Accuracy predictingZeros(int samples, int zeros) {
    float[] scores = new float[2 * samples];
    long[] labels = new long[samples];
    for (int i = 0; i < samples; i++) {
      scores[2 * i] = 1;
      labels[i] = i < zeros ? 0 : 1;
    }
    Accuracy accuracy = new Accuracy();
    accuracy.add(
        Objects.requireNonNull(Predictions.of(Tensor.of(scores, samples, 2))), labels, false);
    return accuracy;
  }
}
