package io.halfstep.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelFactorsTest {
  private static final ChannelFactors FACTORS = ChannelFactors.of(new float[] {4, 0.5f, 1});

  @Test
  void noProductChanges() {
    Random random = new Random(1);
    for (int trial = 0; trial < 100; trial++) {
      float[] x = new float[3];
      float[] w = new float[3];
      for (int j = 0; j < 3; j++) {
        x[j] = (float) random.nextGaussian();
        w[j] = (float) random.nextGaussian();
      }
      float[] divided = FACTORS.inverse().times(x);
      float[] multiplied = FACTORS.times(w);
      for (int j = 0; j < 3; j++) {
        assertThat(divided[j] * multiplied[j]).isEqualTo(x[j] * w[j]);
      }
    }
  }

  @Test
  void repeatForEachPosition() {
    assertThat(FACTORS.times(new float[] {1, 2, 3, -1, -2, -3}))
        .containsExactly(4, 1, 3, -4, -1, -3);
    assertThat(FACTORS.slice(1, 3).times(new float[] {2, 3})).containsExactly(1, 3);
  }

  @Test
  void noneChangesNothing() {
    float[] x = {1, 2};
    assertThat(ChannelFactors.NONE.times(x)).isSameAs(x);
    assertThat(ChannelFactors.of(new float[0])).isSameAs(ChannelFactors.NONE);
    assertThat(ChannelFactors.NONE.inverse()).isSameAs(ChannelFactors.NONE);
    assertThat(ChannelFactors.NONE.of(7)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(floats = {3, -2, 0, Float.NaN, Float.POSITIVE_INFINITY, Float.MIN_VALUE})
  void arePowersOfTwo(float factor) {
    assertThatThrownBy(() -> ChannelFactors.of(new float[] {factor}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("power of two");
  }

  @Test
  void anActivationIsRoundedOnTheScaleOfItsChannel() {
    Grid grid = Grid.unsigned(8);
    Encoding encoding = Encoding.perTensor(grid, 0.25f, 100).withFactors(FACTORS);
    float[] x = {11.3f, -2.71f, 0.4f, 1e9f, -1e9f, 3.3f};
    float[] rounded = new float[x.length];
    encoding.roundTrip(x, rounded);
    for (int i = 0; i < x.length; i++) {
      float[] scales = {0.25f * FACTORS.of(i % 3)};
      float[] expected = new float[1];
      Encoding.perChannel(grid, scales, new int[] {100}).roundTrip(new float[] {x[i]}, expected);
      assertThat(rounded[i]).isEqualTo(expected[0]);
    }
  }

  @Test
  void aWeightIsRoundedOnTheScaleOfItsInput() {
    Encoding encoding =
        Encoding.perBlock(Grid.signed(4), 2, 2, new float[] {1, 2, 3, 4}, new int[] {0, 0, 1, 1})
            .withFactors(FACTORS);
    float[] scales = new float[3];
    int[] zeros = new int[3];
    encoding.spread(1, scales, zeros);
    assertThat(scales).containsExactly(12, 1.5f, 4);
    assertThat(zeros).containsExactly(1, 1, 1);
    float[] part = new float[2];
    encoding.slice(1, 3).spread(1, part, new int[2]);
    assertThat(part).containsExactly(1.5f, 4);
    assertThat(encoding.fits(2, 3)).isTrue();
    assertThat(encoding.fits(2, 4)).isFalse();
    assertThat(encoding.with(new float[] {1, 1, 1, 1}, new int[4]).factors()).isEqualTo(FACTORS);
  }

  @Test
  void theIntegersAreThoseOfTheMultipliedWeight() {
    float[] w = {1.2f, -0.7f, 0.1f, -3, 0.2f, 0.6f};
    Encoding plain = Encoding.perChannel(Grid.signed(4), new float[] {0.5f, 1}, new int[2]);
    QuantizedWeight weight = QuantizedWeight.nearest(w, 2, 3, plain.withFactors(FACTORS.inverse()));
    QuantizedWeight multiplied = QuantizedWeight.nearest(FACTORS.times(w), 2, 3, plain);
    assertThat(weight.integers()).isEqualTo(multiplied.integers());
    assertThat(FACTORS.times(weight.dequantize())).isEqualTo(multiplied.dequantize());
    assertThat(weight.withoutFactors().dequantize()).isEqualTo(multiplied.dequantize());
  }
}
