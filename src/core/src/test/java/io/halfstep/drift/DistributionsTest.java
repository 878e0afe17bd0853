package io.halfstep.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.Histogram;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class DistributionsTest {
  private static float[] normal(long seed, int n, double mean, double deviation) {
    Random random = new Random(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) (mean + deviation * random.nextGaussian());
    }
    return values;
  }

  private static Histogram histogram(float... values) {
    ActivationStatistics statistics = new ActivationStatistics();
    statistics.add(values);
    return statistics.histogram();
  }

  /** Of as many values each, the distance is the mean difference of the sorted ones. */
  @Property(tries = 50)
  void distanceIsTheMeanDifferenceOfSortedValues(
      @ForAll long seed,
      @ForAll @DoubleRange(min = -3, max = 3) double mean,
      @ForAll @DoubleRange(min = 0.01, max = 20) double deviation) {
    float[] values = normal(seed, 500, mean, deviation);
    float[] earlier = normal(seed + 1, 500, 0, 1);
    double distance = Distributions.distance(histogram(values), histogram(earlier));
    Arrays.sort(values);
    Arrays.sort(earlier);
    double exact =
        IntStream.range(0, 500).mapToDouble(i -> Math.abs(values[i] - earlier[i])).sum() / 500;
    double sigma =
        Math.sqrt(
            IntStream.range(0, 500).mapToDouble(i -> earlier[i] * earlier[i]).sum() / 500
                - Math.pow(IntStream.range(0, 500).mapToDouble(i -> earlier[i]).sum() / 500, 2));

    assertThat(distance).isCloseTo(exact / sigma, within(0.03 + 0.002 * deviation));
  }

  /** A closed form: N(m, s²) from N(0, 1) with s = 1 is m away. */
  @Test
  void distanceOfAShiftIsTheShift() {
    float[] values = normal(1, 200_000, 0, 2);
    float[] shifted = values.clone();
    for (int i = 0; i < shifted.length; i++) {
      shifted[i] += 0.5f;
    }

    assertThat(Distributions.distance(histogram(shifted), histogram(values)))
        .isCloseTo(0.25, within(0.005));
  }

  @Test
  void distanceAtItsEnds() {
    Histogram a = histogram(normal(1, 1000, 0, 1));
    assertThat(Distributions.distance(a, a)).isZero();
    assertThat(Distributions.distance(histogram(1, 1), histogram(3, 3))).isInfinite();
    assertThat(Distributions.distance(a, histogram())).isNaN();
    assertThat(Distributions.distance(histogram(), a)).isNaN();
  }

  @Test
  void clippedIsWhatTheGridDoesNotReach() {
    float[] values = normal(3, 10_000, 0, 1);
    Encoding encoding = Encoding.perTensor(Grid.unsigned(8), 3f / 255, 128); // −1.506 to 1.494
    double half = 1.5 / 255;
    float least = encoding.dequantize(0, 0);
    float greatest = encoding.dequantize(255, 0);
    long outside =
        IntStream.range(0, values.length)
            .filter(i -> values[i] < least - half || values[i] > greatest + half)
            .count();
    assertThat(Distributions.clipped(histogram(values), encoding))
        .isCloseTo(outside / 10_000.0, within(0.001));
    assertThat(
            Stream.of(0.1f, -1f, 1.2f)
                .allMatch(x -> Distributions.clipped(histogram(x), encoding) == 0))
        .isTrue();
  }
}
