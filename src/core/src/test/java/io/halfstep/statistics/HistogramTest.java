package io.halfstep.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class HistogramTest {
  @Property(tries = 200)
  void countsWhatExactArithmeticCounts(@ForAll("values") float[] values) {
    Histogram histogram = histogramOf(values);

    int exponent = exactExponent(values);
    TreeMap<Integer, Long> expected = new TreeMap<>();
    for (float value : values) {
      expected.merge(exactBin(value, exponent), 1L, Long::sum);
    }

    assertThat(histogram.exponent()).isEqualTo(exponent);
    assertThat(histogram.firstBin()).isEqualTo(expected.firstKey());
    assertThat(histogram.bins()).isEqualTo(expected.lastKey() - expected.firstKey() + 1);
    long[] counts = histogram.counts();
    assertThat(LongStream.of(counts).sum()).isEqualTo(values.length);
    expected.forEach(
        (bin, count) -> assertThat(counts[bin - histogram.firstBin()]).isEqualTo(count));
  }

  @Property
  void widthKeepsItsBound(@ForAll("values") float[] values) {
    Histogram histogram = histogramOf(values);

    double span = (double) histogram.max() - histogram.min();
    float magnitude = Math.max(-histogram.min(), histogram.max());

    assertThat(histogram.bins()).isBetween(1, Histogram.CAPACITY);
    assertThat(histogram.binWidth())
        .isLessThanOrEqualTo(Math.max(span / 2047, Math.ulp(magnitude)));
  }

  @Property
  void quantileErrsByLessThanABin(
      @ForAll("values") float[] values, @ForAll("shares") double share) {
    Histogram histogram = histogramOf(values);
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    double exact = sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];

    assertThat(Math.abs(histogram.quantile(share) - exact)).isLessThan(histogram.binWidth());
    assertThat(histogram.quantile(0)).isEqualTo(sorted[0]);
    assertThat(histogram.quantile(1)).isEqualTo(sorted[sorted.length - 1]);
  }

  @Property
  void isRebuiltFromItsState(@ForAll("values") float[] values, @ForAll("values") float[] more) {
    Histogram histogram = histogramOf(values);

    Histogram rebuilt =
        Histogram.of(histogram.min(), histogram.max(), histogram.zeros(), histogram.counts());

    assertThat(rebuilt).isEqualTo(histogram).hasSameHashCodeAs(histogram);
    rebuilt.merge(histogramOf(more));
    histogram.merge(histogramOf(more));
    assertThat(rebuilt).isEqualTo(histogram);
  }

  @Property
  void halfOfTwiceTheValuesIsTheValuesThemselves(@ForAll("values") float[] values) {
    Histogram twice = histogramOf(values);
    twice.merge(histogramOf(values));

    assertThat(twice.times(0.5)).isEqualTo(histogramOf(values));
    assertThat(twice.times(1)).isEqualTo(twice);
    assertThat(twice.times(0)).isEqualTo(new Histogram());
  }

  @Property
  void weightedCountsAreWithinTheOldExtremes(
      @ForAll("values") float[] values, @ForAll("shares") double weight) {
    Histogram histogram = histogramOf(values);

    Histogram weighted = histogram.times(weight);

    assertThat(weighted.min()).isGreaterThanOrEqualTo(histogram.min());
    assertThat(weighted.max()).isLessThanOrEqualTo(histogram.max());
    long total = LongStream.of(histogram.counts()).map(n -> Math.round(weight * n)).sum();
    assertThat(weighted.total()).isEqualTo(total);
    assertThat(LongStream.of(weighted.counts()).sum()).isEqualTo(total);
    assertThat(Histogram.of(weighted.min(), weighted.max(), weighted.zeros(), weighted.counts()))
        .isEqualTo(weighted);
  }

  @Test
  void anOutlierIsForgotten() {
    float[] values = new float[100_001];
    for (int i = 0; i < 100_000; i++) {
      values[i] = i / 100_000f;
    }
    values[100_000] = 1000;
    Histogram histogram = histogramOf(values);
    assertThat(histogram.max()).isEqualTo(1000);

    Histogram weighted = histogram.times(0.4);

    assertThat(weighted.max()).isCloseTo(1, within((float) histogram.binWidth()));
    assertThat(weighted.quantile(0.5)).isCloseTo(0.5, within(histogram.binWidth()));
    assertThat(weighted.binWidth()).isLessThan(histogram.binWidth());
  }

  @Test
  void quantilesOfTheNormalDistribution() {
    Random random = new Random(3);
    float[] values = new float[400_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Histogram histogram = histogramOf(values);

    assertThat(histogram.quantile(0.5)).isCloseTo(0, within(0.01));
    assertThat(histogram.quantile(0.8413447)).isCloseTo(1, within(0.015));
    assertThat(histogram.quantile(0.0227501)).isCloseTo(-2, within(0.03));
  }

  @Test
  void holdsNothingAtFirst() {
    Histogram histogram = new Histogram();

    assertThat(histogram.total()).isZero();
    assertThat(histogram.counts()).isEmpty();
    assertThat(histogram).isEqualTo(Histogram.of(0, 0, 0, new long[0]));
    assertThatIllegalStateException().isThrownBy(() -> histogram.quantile(0.5));
  }

  @Test
  void refusesWhatDoesNotFit() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Histogram.of(0, 1, 0, new long[] {1}))
        .withMessageContaining("1 counts");
    assertThatIllegalArgumentException().isThrownBy(() -> Histogram.of(1, 1, 0, new long[] {-1}));
    assertThatIllegalArgumentException().isThrownBy(() -> Histogram.of(1, 1, 1, new long[] {3}));
    assertThatIllegalArgumentException().isThrownBy(() -> Histogram.of(0, 0, 4, new long[] {3}));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Histogram.of(0, Float.NaN, 0, new long[] {3}));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Histogram.of(0, Float.POSITIVE_INFINITY, 0, new long[] {3}));
  }

  @Provide
  static Arbitrary<float[]> values() {
    return FloatArrays.finite().filter(values -> values.length > 0);
  }

  @Provide
  static Arbitrary<Double> shares() {
    return Arbitraries.doubles().between(0, 1);
  }

  private static Histogram histogramOf(float[] values) {
    ActivationStatistics statistics = new ActivationStatistics();
    statistics.add(values);
    return statistics.histogram();
  }

  /** By the definition, in decimal arithmetic, over every value. */
  private static int exactExponent(float[] values) {
    int exponent = -149;
    for (float value : values) {
      while (exactWidth(exponent).compareTo(new BigDecimal(Math.ulp(value))) < 0) {
        exponent++;
      }
    }
    while (true) {
      int least = Integer.MAX_VALUE;
      int greatest = Integer.MIN_VALUE;
      for (float value : values) {
        least = Math.min(least, exactBin(value, exponent));
        greatest = Math.max(greatest, exactBin(value, exponent));
      }
      if (greatest - least < Histogram.CAPACITY) {
        return exponent;
      }
      exponent++;
    }
  }

  private static int exactBin(float value, int exponent) {
    return new BigDecimal(value)
        .divide(exactWidth(exponent), 0, RoundingMode.FLOOR)
        .intValueExact();
  }

  private static BigDecimal exactWidth(int exponent) {
    return new BigDecimal(Math.scalb(1.0, exponent));
  }
}
