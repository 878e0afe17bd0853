package io.halfstep.distribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClippedNormalTest {
  private static final double INFINITE = Double.POSITIVE_INFINITY;

  private static ClippedNormal one(double mean, double std, double lowest, double highest) {
    return new ClippedNormal(
        new double[] {mean}, new double[] {std}, new double[] {lowest}, new double[] {highest});
  }

  /** E x = 1/√2π and E x² = 1/2 behind ReLU. */
  @Test
  void halfOfAStandardNormal() {
    ClippedNormal relu = one(0, 1, 0, INFINITE);
    assertThat(relu.expected(0)).isCloseTo(1 / Math.sqrt(2 * Math.PI), within(1e-15));
    assertThat(relu.variance(0)).isCloseTo(0.5 - 1 / (2 * Math.PI), within(1e-15));
  }

  @Property(tries = 300)
  void theMomentsAreThoseOfNumericalIntegration(
      @ForAll @DoubleRange(min = -9, max = 9) double mean,
      @ForAll @DoubleRange(min = 0.05, max = 4) double std,
      @ForAll @DoubleRange(min = -3, max = 3) double lowest,
      @ForAll @DoubleRange(min = 0, max = 6) double width) {
    double highest = width > 5.5 ? INFINITE : lowest + width;
    double first = 0;
    double second = 0;
    int steps = 400_000;
    double h = 20.0 / steps;
    for (int i = 0; i < steps; i++) { // midpoints; the density beyond 10 deviations is 1e-23
      double z = -10 + (i + 0.5) * h;
      double y = Math.min(highest, Math.max(lowest, mean + std * z));
      double weight = h * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
      first += weight * y;
      second += weight * (y - mean) * (y - mean);
    }
    ClippedNormal clipped = one(mean, std, lowest, highest);
    assertThat(clipped.expected(0)).isCloseTo(first, within(1e-8));
    double variance = second - (first - mean) * (first - mean);
    assertThat(clipped.variance(0)).isCloseTo(variance, within(1e-7));
  }

  @ParameterizedTest
  @CsvSource({"7,0,0,6,6", "-7,0,0,6,0", "2,0,0,6,2", "1e6,1,0,6,6", "-1e6,1,0,6,0"})
  void whatAlwaysOrNeverIsClippedIsConstant(
      double mean, double std, double lowest, double highest, double constant) {
    ClippedNormal clipped = one(mean, std, lowest, highest);
    assertThat(clipped.expected(0)).isEqualTo(constant);
    assertThat(clipped.variance(0)).isZero();
  }

  @Test
  void withoutBoundsItIsTheNormalDistribution() {
    ClippedNormal normal = one(1e6, 3, -INFINITE, INFINITE);
    assertThat(normal.expected(0)).isEqualTo(1e6);
    assertThat(normal.variance(0)).isCloseTo(9, within(1e-12));
    assertThat(normal.least()).isEqualTo(1e6 - 18);
    assertThat(normal.greatest()).isEqualTo(1e6 + 18);
  }

  @Test
  void clipsOfClipsAreClips() {
    ClippedNormal twice =
        one(1, 2, -INFINITE, INFINITE)
            .clipped(new double[] {0}, new double[] {6})
            .clipped(new double[] {-INFINITE}, new double[] {4});
    assertThat(twice.lowest()).containsExactly(0);
    assertThat(twice.highest()).containsExactly(4);
    ClippedNormal below = twice.clipped(new double[] {-2}, new double[] {-1});
    assertThat(below.expected(0)).isEqualTo(-1);
  }

  @Test
  void ofIndependentTermsMeansAndVariancesAddUp() {
    ClippedNormal a = one(0.5, 2, 0, INFINITE);
    ClippedNormal b = one(-1, 1, -INFINITE, INFINITE);
    ClippedNormal sum = a.plus(b);
    Random random = new Random(1);
    double first = 0;
    double second = 0;
    int samples = 1_000_000;
    for (int i = 0; i < samples; i++) {
      double y = Math.max(0, 0.5 + 2 * random.nextGaussian()) - 1 + random.nextGaussian();
      first += y / samples;
      second += y * y / samples;
    }
    assertThat(sum.expected(0)).isCloseTo(first, within(0.01));
    assertThat(sum.variance(0)).isCloseTo(second - first * first, within(0.02));
  }
}
