package io.halfstep.quantizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PairBoundTest {
  private static final int ROWS = 3;

  /** Indices of the pairs of all rows as kernels read them: position by position. */
  private static List<int[]> pairs(int channels, int positions) {
    List<int[]> pairs = new ArrayList<>();
    for (int row = 0; row < ROWS; row++) {
      List<Integer> order = new ArrayList<>();
      for (int position = 0; position < positions; position++) {
        for (int channel = 0; channel < channels; channel++) {
          order.add((row * channels + channel) * positions + position);
        }
      }
      for (int i = 0; i + 1 < order.size(); i += 2) {
        pairs.add(new int[] {order.get(i), order.get(i + 1)});
      }
    }
    return pairs;
  }

  private static float[] weights(int size, int seed) {
    Random random = new Random(seed);
    float[] rows = new float[size];
    for (int i = 0; i < size; i++) {
      rows[i] = (float) Math.pow(random.nextGaussian(), 3);
    }
    return rows;
  }

  @Property
  void limitsHoldTheNearestIntegersAndKeepPairsWithin128(
      @ForAll @IntRange(min = 1, max = 6) int channels,
      @ForAll @IntRange(min = 1, max = 9) int positions,
      @ForAll int seed) {
    int k = channels * positions;
    float[] rows = weights(ROWS * k, seed);
    PairBound bound = PairBound.of(rows, k, channels);
    float[] scales = bound.leastScales();
    float[] nearest = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      nearest[i] = (float) Math.rint(rows[i] / scales[i / k]);
      assertThat(bound.limit(i, scales[i / k])).isGreaterThanOrEqualTo((int) Math.abs(nearest[i]));
    }
    assertThat(PairBound.isBroken(nearest, k, channels)).isFalse();
    for (int[] pair : pairs(channels, positions)) {
      float scale = scales[pair[0] / k];
      assertThat(bound.limit(pair[0], scale) + bound.limit(pair[1], scale)).isBetween(127, 128);
    }
  }

  @Property
  void tellsWhetherAPairIsBeyond(
      @ForAll @IntRange(min = 2, max = 6) int channels,
      @ForAll @IntRange(min = 1, max = 9) int positions,
      @ForAll @IntRange(max = 999) int chosen) {
    int k = channels * positions;
    List<int[]> pairs = pairs(channels, positions);
    int[] pair = pairs.get(chosen % pairs.size());
    float[] rows = new float[ROWS * k];
    rows[pair[0]] = -100;
    rows[pair[1]] = 28;
    assertThat(PairBound.isBroken(rows, k, channels)).isFalse();
    rows[pair[1]] = -29;
    assertThat(PairBound.isBroken(rows, k, channels)).isTrue();
  }

  /** A row's least scale is that of 127 steps for the greatest pair. */
  @Test
  void theGreatestPairSetsTheScale() {
    PairBound bound = PairBound.of(new float[] {1, -2, 60, 67, 0.5f, 0.5f}, 6, 6);

    assertThat(bound.leastScales()[0]).isBetween(1f, 1.0002f);
    assertThat(bound.limit(2, 1)).isEqualTo(60);
    assertThat(bound.limit(3, 1)).isEqualTo(67);
  }

  /** A column's step is then half as large, and so is its weight. */
  @Test
  void factorsChangeNoLimit() {
    float[] rows = {3, -40, 5, 80};
    ChannelFactors factors = ChannelFactors.of(new float[] {0.5f, 2, 1, 4});
    PairBound plain = PairBound.of(factors.times(rows), 4, 4);
    PairBound scaled = plain.times(factors.inverse());

    for (int j = 0; j < 4; j++) {
      float step = 3f / factors.of(j);
      assertThat(scaled.limit(j, step)).isEqualTo(plain.limit(j, 3));
    }
  }

  @Test
  void columnsKeepTheirLimits() {
    float[] rows = weights(ROWS * 8, 5);
    PairBound whole = PairBound.of(rows, 8, 2);
    PairBound piece = whole.columns(8, 3, 7);

    for (int i = 0; i < ROWS * 4; i++) {
      assertThat(piece.limit(i, 0.5)).isEqualTo(whole.limit(i / 4 * 8 + 3 + i % 4, 0.5));
    }
  }
}
