package io.halfstep.learning;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Mask;
import io.halfstep.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OutputWeightsTest {
  private static final Tensor Y = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2);
  private static final Mask MASK =
      new Mask(Tensor.of(ElementType.BOOL, new byte[] {1, 0, 1, 1}, 2, 2));
  private static final OutputWeights EQUAL = new OutputWeights(Map.of());
  private static final OutputWeights WEIGHTS =
      new OutputWeights(Map.of("y", Tensor.of(new float[] {1, 10, 100, 1000}, 1, 2, 2)));

  @Test
  void theElementsOfEachSampleHaveTheWeightsOfTheirPlaces() {
    float[] expected = {1, 20, 300, 4000, 5, 60, 700, 8000};

    assertThat(WEIGHTS.times("y", Y, null)).containsExactly(expected);
    assertThat(WEIGHTS.of("y", Y.shape(), null).floats()).containsExactly(1, 10, 100, 1000);
    assertThat(WEIGHTS.of("y", Y.shape(), null).shape()).containsExactly(1, 2, 2);
  }

  @Test
  void paddingHasNone() {
    assertThat(WEIGHTS.times("y", Y, MASK)).containsExactly(1, 20, 0, 0, 5, 60, 700, 8000);
    assertThat(WEIGHTS.of("y", Y.shape(), MASK).floats())
        .containsExactly(1, 10, 0, 0, 1, 10, 100, 1000);
    assertThat(EQUAL.times("y", Y, MASK)).containsExactly(1, 2, 0, 0, 5, 6, 7, 8);
  }

  @Test
  void otherOutputsCountEqually() {
    assertThat(WEIGHTS.times("z", Y, null)).isSameAs(Y.floats());
    assertThat(WEIGHTS.of("z", Y.shape(), null).floats()).containsExactly(1);
    assertThat(EQUAL.areEqual()).isTrue();
    assertThat(WEIGHTS.areEqual()).isFalse();
  }
}
