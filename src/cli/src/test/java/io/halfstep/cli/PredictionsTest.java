package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.tensor.Tensor;
import org.junit.jupiter.api.Test;

class PredictionsTest {
  @Test
  void aClassifierPredictsItsGreatestLogitTheFirstOfEquals() {
    assertThat(Predictions.of(Tensor.of(new float[] {1, 3, 2, 5, 0, 5}, 2, 3)))
        .containsExactly(1, 0);
  }

  @Test
  void aSegmentationPredictsAtEachPixel() {
    // [1, 2 classes, 2, 2]
    assertThat(Predictions.of(Tensor.of(new float[] {1, 0, 1, 0, 0, 1, 0, 1}, 1, 2, 2, 2)))
        .containsExactly(0, 1, 0, 1);
  }

  @Test
  void aSequencePredictsAtEachStep() {
    assertThat(Predictions.of(Tensor.of(new float[] {1, 0, 0, 1, 0, 1}, 1, 3, 2)))
        .containsExactly(0, 1, 1);
  }
}
