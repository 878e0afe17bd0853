package io.halfstep.quantizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.tensor.Tensor;
import org.junit.jupiter.api.Test;

class BiasPolicyTest {
  private static final Tensor BIAS = Tensor.of(new float[] {1, -2}, 2);
  private static final Encoding INPUT =
      Encoding.perChannel(Grid.unsigned(8), new float[] {0.5f}, new int[] {128});
  private static final Encoding ROWS =
      Encoding.perChannel(Grid.signed(4), new float[] {0.1f, 0.2f}, new int[2]);
  private static final Encoding BLOCKS =
      Encoding.perBlock(Grid.signed(4), 2, 2, new float[] {0.1f, 0.2f, 0.3f, 0.4f}, new int[4]);

  @Test
  void isInt32BesideAQuantizedInputAndRowsOfOneScale() {
    QuantizedWeight weight = new QuantizedWeight(new int[] {1, 2, 3, 4, 5, 6, 7, 1}, 2, 4, ROWS);

    BiasPolicy.Int32 bias = BiasPolicy.int32(BIAS, INPUT, ROWS).orElseThrow();

    assertThat(bias.inputScale()).isEqualTo(0.5f);
    assertThat(bias.round(weight).integers()).containsExactly(20, -20);
  }

  @Test
  void staysInFloatWhereOneOfTheThreeIsMissing() {
    assertThat(BiasPolicy.int32(null, INPUT, ROWS)).isEmpty();
    assertThat(BiasPolicy.int32(BIAS, null, ROWS)).isEmpty();
    assertThat(BiasPolicy.int32(BIAS, INPUT, BLOCKS)).isEmpty();
  }
}
