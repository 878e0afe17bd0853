package io.halfstep.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class QuantizedWeightTest {
  private static final Encoding ROWS =
      Encoding.perChannel(Grid.signed(4), new float[] {1, 0.5f}, new int[] {0, 2});

  @Test
  void roundsEachRowByItsOwnScale() {
    float[] w = {0.4f, -1.6f, 9, 0.4f, -1.6f, 9};

    QuantizedWeight nearest = QuantizedWeight.nearest(w, 2, 3, ROWS);

    assertThat(nearest.integers()).containsExactly(0, -2, 7, 3, -1, 7);
    assertThat(nearest.dequantize()).containsExactly(0, -2, 7, 0.5f, -1.5f, 2.5f);
  }

  @Test
  void sharesOneScaleAmongAllRows() {
    Encoding one = Encoding.perTensor(Grid.unsigned(4), 0.5f, 8);

    assertThat(new QuantizedWeight(new int[] {8, 15, 0}, 3, 1, one).dequantize())
        .containsExactly(0, 3.5f, -4);
  }

  @Test
  void roundsEachBlockByItsOwnScale() {
    Encoding blocks =
        Encoding.perBlock(
            Grid.signed(4), 2, 2, new float[] {1, 0.5f, 2, 0.25f}, new int[] {0, 2, 0, -1});
    float[] w = {0.4f, -1.6f, 0.4f, 0.4f, -1.6f, 0.4f};

    QuantizedWeight nearest = QuantizedWeight.nearest(w, 2, 3, blocks);

    assertThat(nearest.integers()).containsExactly(0, -2, 3, 0, -1, 1);
    assertThat(nearest.dequantize()).containsExactly(0, -2, 0.5f, 0, -2, 0.5f);
  }

  @Test
  void holdsTheEndsOfEightBits() {
    for (Grid grid : new Grid[] {Grid.signed(8), Grid.restricted(8), Grid.unsigned(8)}) {
      int[] ends = {grid.lowest(), 0, grid.highest()};
      QuantizedWeight weight = new QuantizedWeight(ends, 1, 3, Encoding.perTensor(grid, 1, 0));

      assertThat(weight.integers()).containsExactly(ends);
      assertThat(weight.integer(0, 2)).isEqualTo(grid.highest());
      assertThat(weight.dequantize()).containsExactly(grid.lowest(), 0, grid.highest());
    }
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new QuantizedWeight(new int[1], 1, 1, Encoding.perTensor(Grid.signed(9), 1, 0)));
  }

  @Test
  void refusesWhatDoesNotFit() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new QuantizedWeight(new int[3], 2, 2, ROWS));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new QuantizedWeight(new int[3], 3, 1, ROWS));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new QuantizedWeight(new int[] {0, 8}, 2, 1, ROWS));
  }
}
