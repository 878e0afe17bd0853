package io.halfstep.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelStatisticsTest {
  private static final int CHANNELS = 5;
  private static final int POSITIONS = 24;

  private static float[] values() {
    Random random = new Random(2);
    float[] values = new float[POSITIONS * CHANNELS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static ChannelStatistics inBatches(int size) {
    ChannelStatistics statistics = new ChannelStatistics();
    float[] values = values();
    for (int from = 0; from < values.length; from += size * CHANNELS) {
      float[] batch = new float[size * CHANNELS];
      System.arraycopy(values, from, batch, 0, batch.length);
      statistics.add(Tensor.of(batch, size, 1, CHANNELS));
    }
    return statistics;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 24})
  void areThoseOfTheWholeHoweverItIsCut(int size) {
    float[] values = values();
    ChannelStatistics statistics = inBatches(size);
    assertThat(statistics).isEqualTo(inBatches(4));
    assertThat(statistics.positions()).isEqualTo(POSITIONS);
    for (int c = 0; c < CHANNELS; c++) {
      float least = 0;
      float greatest = 0;
      double squares = 0;
      for (int p = 0; p < POSITIONS; p++) {
        float value = values[p * CHANNELS + c];
        least = Math.min(least, value);
        greatest = Math.max(greatest, value);
        squares += (double) value * value;
      }
      assertThat(statistics.least()[c]).isEqualTo(least);
      assertThat(statistics.greatest()[c]).isEqualTo(greatest);
      assertThat(statistics.squares()[c]).isEqualTo(squares);
    }
  }

  @Test
  void valuesThatAreNotFiniteAreLeftOut() {
    ChannelStatistics statistics = new ChannelStatistics();
    statistics.add(Tensor.of(new float[] {Float.NaN, 1, Float.NEGATIVE_INFINITY, -2}, 2, 2));
    assertThat(statistics.least()).containsExactly(0, -2);
    assertThat(statistics.greatest()).containsExactly(0, 1);
    assertThat(statistics.squares()).containsExactly(0, 5);
  }

  @Test
  void theNumberOfChannelsStaysTheSame() {
    ChannelStatistics statistics = inBatches(1);
    assertThatThrownBy(() -> statistics.add(Tensor.of(new float[4], 1, 4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("4 channels after 5");
  }
}
