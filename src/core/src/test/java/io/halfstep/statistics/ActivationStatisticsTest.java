package io.halfstep.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class ActivationStatisticsTest {
  @Property
  void doesNotDependOnTheCutIntoBatches(@ForAll("values") float[] values) {
    ActivationStatistics whole = statisticsOf(values);

    for (int batch : new int[] {1, 2, 3, 64}) {
      ActivationStatistics cut = new ActivationStatistics();
      for (int from = 0; from < values.length; from += batch) {
        cut.add(Arrays.copyOfRange(values, from, Math.min(from + batch, values.length)));
      }
      assertThat(cut).isEqualTo(whole).hasSameHashCodeAs(whole);
    }
  }

  @Property
  void doesNotDependOnTheOrder(@ForAll("values") float[] values, @ForAll long seed) {
    float[] shuffled = shuffled(values, seed);
    ActivationStatistics oneByOne = new ActivationStatistics();
    for (float value : shuffled) {
      oneByOne.add(new float[] {value});
    }

    assertThat(statisticsOf(shuffled)).isEqualTo(statisticsOf(values));
    assertThat(oneByOne).isEqualTo(statisticsOf(values));
  }

  @Property
  void mergedPartsAreTheWhole(
      @ForAll("values") float[] one,
      @ForAll("values") float[] two,
      @ForAll("values") float[] three) {
    ActivationStatistics whole = new ActivationStatistics();
    whole.add(one);
    whole.add(two);
    whole.add(three);

    ActivationStatistics left = statisticsOf(one);
    left.merge(statisticsOf(two));
    left.merge(statisticsOf(three));
    ActivationStatistics right = statisticsOf(three);
    right.merge(statisticsOf(two));
    ActivationStatistics outer = statisticsOf(one);
    outer.merge(right);

    assertThat(left).isEqualTo(whole);
    assertThat(outer).isEqualTo(whole);
  }

  @Property
  void countsWhatIsNotFiniteAndLeavesItOut(@ForAll("values") float[] values, @ForAll long seed) {
    float[] poisoned = Arrays.copyOf(values, values.length + 5);
    poisoned[values.length] = Float.NaN;
    poisoned[values.length + 1] = Float.NEGATIVE_INFINITY;
    poisoned[values.length + 2] = Float.POSITIVE_INFINITY;
    poisoned[values.length + 3] = Float.intBitsToFloat(0xffc00001);
    poisoned[values.length + 4] = Float.NEGATIVE_INFINITY;

    ActivationStatistics statistics = statisticsOf(shuffled(poisoned, seed));

    assertThat(statistics.nans()).isEqualTo(2);
    assertThat(statistics.infinities()).isEqualTo(3);
    assertThat(statistics.histogram()).isEqualTo(statisticsOf(values).histogram());
  }

  @Property
  void knowsExtremesAndCounts(@ForAll("values") float[] values) {
    ActivationStatistics statistics = statisticsOf(values);

    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    int zeros = 0;
    for (float value : values) {
      min = Math.min(min, value == 0 ? 0 : value);
      max = Math.max(max, value == 0 ? 0 : value);
      zeros += value == 0 ? 1 : 0;
    }
    assertThat(statistics.count()).isEqualTo(values.length);
    assertThat(statistics.min()).isEqualTo(min);
    assertThat(statistics.max()).isEqualTo(max);
    assertThat(statistics.zeros()).isEqualTo(zeros);
  }

  @Property
  void goesOnFromItsState(@ForAll("values") float[] values, @ForAll("values") float[] more) {
    ActivationStatistics uninterrupted = statisticsOf(values);
    uninterrupted.add(new float[] {Float.NaN, Float.POSITIVE_INFINITY});
    Histogram histogram = uninterrupted.histogram();
    ActivationStatistics restored =
        ActivationStatistics.of(
            Histogram.of(histogram.min(), histogram.max(), histogram.zeros(), histogram.counts()),
            uninterrupted.nans(),
            uninterrupted.infinities());

    uninterrupted.add(more);
    restored.add(more);

    assertThat(restored).isEqualTo(uninterrupted);
  }

  @Test
  void takesArraysLongerThanAChunk() {
    float[] values = new float[100_003];
    Random random = new Random(5);
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.max(0, (float) random.nextGaussian());
    }
    values[99_999] = -50;
    values[50_000] = Float.NaN;

    ActivationStatistics statistics = statisticsOf(values);

    assertThat(statistics.count()).isEqualTo(values.length - 1);
    assertThat(statistics.min()).isEqualTo(-50);
    assertThat(statistics).isEqualTo(statisticsOf(shuffled(values, 1)));
  }

  @Test
  void tellsDifferentStreamsApart() {
    assertThat(statisticsOf(new float[] {0, 0, 1}))
        .isNotEqualTo(statisticsOf(new float[] {0, Float.MIN_VALUE, 1}))
        .isNotEqualTo(statisticsOf(new float[] {0, 1, 1}))
        .isNotEqualTo(statisticsOf(new float[] {0, 0, 1, Float.NaN}));
  }

  @Test
  void refusesNegativeCounts() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ActivationStatistics.of(new Histogram(), -1, 0));
  }

  @Provide
  static Arbitrary<float[]> values() {
    return FloatArrays.finite();
  }

  private static ActivationStatistics statisticsOf(float[] values) {
    ActivationStatistics statistics = new ActivationStatistics();
    statistics.add(values);
    return statistics;
  }

  private static float[] shuffled(float[] values, long seed) {
    float[] shuffled = values.clone();
    Random random = new Random(seed);
    for (int i = shuffled.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      float swap = shuffled[i];
      shuffled[i] = shuffled[j];
      shuffled[j] = swap;
    }
    return shuffled;
  }
}
