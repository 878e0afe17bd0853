package io.halfstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MaskTest {
  private static final Mask MASK =
      Mask.of(Tensor.of(ElementType.INT64, new long[] {1, 1, 0, 0, 1, 0}, 2, 3));

  private static Tensor numbers(long... shape) {
    float[] values = new float[Tensor.elements(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    return Tensor.of(values, shape);
  }

  private static void assertIs(Tensor tensor, List<Integer> shape, float... values) {
    assertThat(tensor.shape()).containsExactly(shape.stream().mapToLong(d -> d).toArray());
    assertThat(tensor.floats()).containsExactly(values);
  }

  @Test
  void positionsAreCounted() {
    assertThat(MASK.size()).isEqualTo(6);
    assertThat(MASK.padding()).isEqualTo(3);
  }

  @Test
  void sequencesAreShortenedToTheirOwnLength() {
    List<Tensor> parts = MASK.unpadded(numbers(2, 3, 2));
    assertThat(parts).hasSize(2);
    assertIs(parts.get(0), List.of(1, 2, 2), 0, 1, 2, 3);
    assertIs(parts.get(1), List.of(1, 1, 2), 8, 9);
  }

  @Test
  void rowsOfAllSequencesAreThoseOfEachSequence() {
    List<Tensor> parts = MASK.unpadded(numbers(6, 1));
    assertThat(parts).hasSize(2);
    assertIs(parts.get(0), List.of(2, 1), 0, 1);
    assertIs(parts.get(1), List.of(1, 1), 4);
  }

  @Test
  void aSampleOfPaddingAloneIsLeftOut() {
    Mask one = Mask.of(numbers(2, 1));
    List<Tensor> parts = one.unpadded(numbers(2, 1, 2));
    assertThat(parts).hasSize(1);
    assertIs(parts.get(0), List.of(1, 1, 2), 2, 3);
  }

  @Test
  void whatHasOtherAxesStaysWhole() {
    for (Tensor other :
        List.of(numbers(2, 4), numbers(2, 3), numbers(2, 4, 3, 3), numbers(6), numbers())) {
      assertThat(MASK.unpadded(other)).containsExactly(other);
    }
    Tensor whole = numbers(2, 3, 2);
    assertThat(Mask.of(Tensor.of(new float[] {1, 1, 1, 1, 1, 1}, 2, 3)).unpadded(whole))
        .containsExactly(whole);
  }

  @Test
  void anOutputMayBeAValuePerPosition() {
    List<Tensor> parts = MASK.unpaddedOutput(numbers(2, 3));
    assertIs(parts.get(0), List.of(1, 2, 1), 0, 1);
    assertIs(parts.get(1), List.of(1, 1, 1), 4);
  }

  @Test
  void paddingIsCleared() {
    float[] expected = {0, 1, 2, 3, 0, 0, 0, 0, 8, 9, 0, 0};
    for (long[] shape : List.of(new long[] {2, 3, 2}, new long[] {6, 2})) {
      float[] values = numbers(shape).floats().clone();
      MASK.clearPadding(values, shape);
      assertThat(values).containsExactly(expected);
    }
    float[] single = numbers(2, 3).floats().clone();
    MASK.clearPadding(single, 2, 3);
    assertThat(single).containsExactly(0, 1, 0, 0, 4, 0);
    float[] other = numbers(2, 4).floats().clone();
    MASK.clearPadding(other, 2, 4);
    assertThat(other).containsExactly(numbers(2, 4).floats());
  }

  @Test
  void weightsBroadcastToAnOutput() {
    assertIs(MASK.weights(2, 3, 5), List.of(2, 3, 1), 1, 1, 0, 0, 1, 0);
    assertIs(MASK.weights(2, 3), List.of(2, 3), 1, 1, 0, 0, 1, 0);
    assertIs(MASK.weights(6, 4), List.of(6, 1), 1, 1, 0, 0, 1, 0);
    assertIs(MASK.weights(2, 4, 3), List.of(1, 1, 1), 1);
  }
}
