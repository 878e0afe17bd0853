package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class InputHistogramTest {
  private static ActivationStatistics statistics(float[] values) {
    ActivationStatistics statistics = new ActivationStatistics();
    statistics.add(values);
    return statistics;
  }

  @Property(tries = 200)
  void itsBinsAreFewAndCountWhatIsInThem(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 500) int size,
      @ForAll @DoubleRange(min = -50, max = 50) double mean) {
    Random random = new Random(seed);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (mean + random.nextGaussian());
    }

    InputHistogram histogram = InputHistogram.of("x", statistics(values), null);

    long[] expected = new long[histogram.counts().length];
    for (float value : values) {
      expected[(int) Math.floor((value - histogram.from()) / histogram.width())]++;
    }
    assertThat(histogram.counts()).isEqualTo(expected).hasSizeLessThanOrEqualTo(128);
    assertThat(expected[0]).isPositive();
    assertThat(expected[expected.length - 1]).isPositive();
  }

  @Test
  void manyValuesFillAtLeastHalfOfTheBins() {
    float[] values = new float[10_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }

    assertThat(InputHistogram.of("x", statistics(values), null).counts())
        .hasSizeBetween(64, InputHistogram.MOST_BINS);
  }

  @Test
  void theRangeIsThatOfTheGreatestAndTheLeastInteger() {
    Encoding encoding = Encoding.perTensor(Grid.unsigned(4), 0.5F, 3);

    InputHistogram histogram = InputHistogram.of("x", statistics(new float[] {0, 1}), encoding);

    assertThat(histogram.bits()).isEqualTo(4);
    assertThat(histogram.lowest()).isEqualTo(-1.5F);
    assertThat(histogram.highest()).isEqualTo(6F);
  }

  @Test
  void nothingSeenIsNoBin() {
    assertThat(InputHistogram.of("x", new ActivationStatistics(), null).counts()).isEmpty();
  }
}
