package io.halfstep.service.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.Histogram;
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

  /** Compares with the definition: at each value, the shares that are not greater. */
  @Property(tries = 50)
  void distanceIsKolmogorovsAndSmirnovs(
      @ForAll long seed,
      @ForAll @DoubleRange(min = -3, max = 3) double mean,
      @ForAll @DoubleRange(min = 0.01, max = 20) double deviation) {
    float[] a = normal(seed, 300, 0, 1);
    float[] b = normal(seed + 1, 200, mean, deviation);
    double exact =
        IntStream.concat(IntStream.range(0, a.length), IntStream.range(-b.length, 0))
            .mapToDouble(i -> i >= 0 ? a[i] : b[-i - 1])
            .map(x -> Math.abs(upTo(a, x) - upTo(b, x)))
            .max()
            .orElseThrow();
    Histogram ofA = histogram(a);
    Histogram ofB = histogram(b);
    // the histograms merge values that share a bin: a few of 200
    assertThat(Distributions.distance(ofA, ofB)).isCloseTo(exact, within(0.05)).isBetween(0.0, 1.0);
    assertThat(Distributions.distance(ofB, ofA)).isEqualTo(Distributions.distance(ofA, ofB));
  }

  private static double upTo(float[] values, double x) {
    return IntStream.range(0, values.length).filter(i -> values[i] <= x).count()
        / (double) values.length;
  }

  @Test
  void distanceAtItsEnds() {
    Histogram a = histogram(normal(1, 1000, 0, 1));
    assertThat(Distributions.distance(a, a)).isZero();
    assertThat(Distributions.distance(a, histogram(100, 200))).isEqualTo(1);
    assertThat(Distributions.distance(a, histogram())).isNaN();
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
