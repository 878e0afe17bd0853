package io.halfstep.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.quantizer.WeightLevels.Kind;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CodebookTest {
  private static final WeightLevels CODEBOOK = new WeightLevels(Kind.CODEBOOK, 1);
  private static final WeightLevels PAIRS = new WeightLevels(Kind.PRODUCT, 2);

  private static Codebook codebook(float... values) {
    return new Codebook(CODEBOOK, 1, values);
  }

  @Test
  void levelsAreTimesTheScale() {
    Encoding encoding =
        Encoding.perChannel(Grid.unsigned(2), new float[] {2, 0.5f}, new int[2])
            .withCodebook(codebook(-3, -1, 0, 4));
    QuantizedWeight weight = new QuantizedWeight(new int[] {0, 3, 1, 2, 2, 3}, 2, 3, encoding);
    assertThat(weight.dequantize()).containsExactly(-6, 8, -2, 0, 0, 2);
    assertThat(encoding.levels()).isEqualTo(CODEBOOK);
    assertThat(weight.nearest(new float[] {-5, 99, 0.5f, -9, 1.01f, 0}).integers())
        .containsExactly(0, 3, 2, 0, 3, 2);
  }

  @Test
  void eachRowMayHaveATable() {
    Encoding encoding =
        Encoding.perTensor(Grid.unsigned(1), 1, 0)
            .withCodebook(
                new Codebook(new WeightLevels(Kind.BINARY, 1), 2, new float[] {-1, 1, -5, 5}));
    assertThat(QuantizedWeight.nearest(new float[] {3, -2, 3, -2}, 2, 2, encoding).dequantize())
        .containsExactly(1, -1, 5, -5);
    assertThat(encoding.fits(2, 7)).isTrue();
    assertThat(encoding.fits(3, 7)).isFalse();
  }

  /** The last vector of each row is cut off. */
  @Test
  void vectorsShareAnIndex() {
    Encoding encoding =
        Encoding.perTensor(Grid.unsigned(1), 2, 0)
            .withCodebook(new Codebook(PAIRS, 1, new float[] {1, -1, 0.5f, 3}));
    QuantizedWeight weight =
        QuantizedWeight.nearest(new float[] {1.5f, -1, 2, 2, 5, 0.5f}, 2, 3, encoding);
    assertThat(weight.integers()).containsExactly(0, 0, 0, 1, 1, 1);
    assertThat(weight.dequantize()).containsExactly(2, -2, 2, 1, 6, 1);
  }

  @Test
  void noLevelIsNearerThanTheNearest() {
    Random random = new Random(1);
    float[] levels = {-1.7f, -1.7f, -0.2f, 0, 0.31f, 2};
    Codebook codebook = codebook(levels);
    for (int i = 0; i < 1000; i++) {
      float x = (float) random.nextGaussian() * 2;
      float found = Math.abs(levels[codebook.nearest(0, x)] - x);
      for (float level : levels) {
        assertThat(found).isLessThanOrEqualTo(Math.abs(level - x));
      }
    }
  }

  @Test
  void whatIsNoCodebookIsRefused() {
    assertThatThrownBy(() -> codebook(1, 0)).hasMessage("level 0.0 at 1");
    assertThatThrownBy(() -> codebook(0, Float.NaN)).hasMessage("level NaN at 1");
    assertThatThrownBy(() -> codebook(0)).hasMessage("1 values in 1 tables of codebook");
    assertThatThrownBy(() -> new Codebook(CODEBOOK, 2, new float[] {0, 1, 2}))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> Encoding.perTensor(Grid.signed(2), 1, 0).withCodebook(codebook(0, 1, 2, 3)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> Encoding.perTensor(Grid.unsigned(2), 1, 1).withCodebook(codebook(0, 1, 2, 3)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> Encoding.perTensor(Grid.unsigned(3), 1, 0).withCodebook(codebook(0, 1, 2, 3)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
