package io.halfstep.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SampleStatisticsTest {
  private static final int SAMPLES = 40;
  private static final Tensor DATA = noise(SAMPLES, 6);

  private static Tensor noise(int rows, int columns) {
    Random random = new Random(3);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, rows, columns);
  }

  private static <S extends SampleStatistics> S added(S statistics, int batch) {
    for (int from = 0; from < SAMPLES; from += batch) {
      int to = Math.min(SAMPLES, from + batch);
      statistics.add(DATA.rows(from, to), to - from);
    }
    return statistics;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 32})
  void batchesOfAnySizeGiveTheSame(int batch) {
    MovingExtremes whole = added(new MovingExtremes(10), SAMPLES);
    MovingExtremes cut = added(new MovingExtremes(10), batch);
    assertThat(cut.count()).isEqualTo(SAMPLES);
    assertThat(cut.least()).isEqualTo(whole.least());
    assertThat(cut.greatest()).isEqualTo(whole.greatest());

    SampledRows drawn = added(new SampledRows(5 * 6 * Float.BYTES, 1), batch);
    assertThat(floats(drawn))
        .hasSize(5)
        .isEqualTo(floats(added(new SampledRows(5 * 6 * Float.BYTES, 1), SAMPLES)));
  }

  private static List<String> floats(SampledRows rows) {
    return rows.rows().stream().map(row -> Arrays.toString(row.floats())).toList();
  }

  /**
   * m after n samples is the sum of x·(1 − 1/w)^(age)/w, beginning with the mean of the first w.
   */
  @Test
  void theAverageIsExponential() {
    int window = 10;
    double expected = 0;
    for (int i = 0; i < SAMPLES; i++) {
      float[] row = DATA.rows(i, i + 1).floats();
      double greatest = Float.NEGATIVE_INFINITY;
      for (float x : row) {
        greatest = Math.max(greatest, x);
      }
      double weight =
          i < window
              ? Math.pow(1 - 1.0 / window, SAMPLES - window) / window
              : Math.pow(1 - 1.0 / window, SAMPLES - 1 - i) / window;
      expected += weight * greatest;
    }
    assertThat(added(new MovingExtremes(window), 4).greatest()).isCloseTo(expected, within(1e-12));
  }

  @Test
  void aSampleMayHaveSeveralRows() {
    MovingExtremes pairs = new MovingExtremes(100);
    pairs.add(Tensor.of(new float[] {1, 2, 3, 4}, 4, 1), 2);
    assertThat(pairs.count()).isEqualTo(2);
    assertThat(pairs.least()).isEqualTo(2); // of 1 and 3
    assertThat(pairs.greatest()).isEqualTo(3); // of 2 and 4
  }

  @Test
  void whatIsNotFiniteIsLeftOut() {
    MovingExtremes extremes = new MovingExtremes(100);
    extremes.add(Tensor.of(new float[] {Float.NaN, 2, Float.POSITIVE_INFINITY, -1}, 1, 4), 1);
    extremes.add(Tensor.of(new float[] {Float.NaN, Float.NaN}, 1, 2), 1);
    assertThat(extremes.count()).isEqualTo(1);
    assertThat(extremes.least()).isEqualTo(-1);
    assertThat(extremes.greatest()).isEqualTo(2);
  }

  @Test
  void anEmptyBatchChangesNothing() {
    MovingExtremes extremes = new MovingExtremes(100);
    extremes.add(Tensor.of(new float[0], 2, 0), 2);
    assertThat(extremes.count()).isZero();
    assertThat(Arrays.asList(extremes.least(), extremes.greatest())).containsOnly(0.0);
  }
}
