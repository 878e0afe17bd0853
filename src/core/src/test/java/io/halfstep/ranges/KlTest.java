package io.halfstep.ranges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.Histogram;
import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KlTest {
  @Property(tries = 100)
  void theDivergenceIsThatOfTheSlides(
      @ForAll long seed,
      @ForAll @IntRange(min = 2, max = 8) int bits,
      @ForAll @IntRange(min = 1, max = 20) int share) {
    Random random = new Random(seed);
    double shift = random.nextGaussian();
    ActivationStatistics observed = observed(random, 3000, g -> shift + g * g * g);
    Grid grid = Grid.unsigned(bits);
    Affine affine =
        Affine.asymmetric(grid, observed.min() * share / 20.0, observed.max() * share / 20.0);

    double divergence = new HistogramDivergence(observed.histogram(), grid).applyAsDouble(affine);

    double expected = divergence(observed.histogram(), grid, affine);
    assertThat(divergence).isCloseTo(expected, within(1e-9));
  }

  /** Distributions as arrays over the bins inside, as in the pseudocode of [T]. */
  private static double divergence(Histogram histogram, Grid grid, Affine affine) {
    long[] counts = histogram.counts();
    int[] levels = new int[counts.length];
    for (int i = 0; i < levels.length; i++) {
      double middle = (histogram.firstBin() + i + 0.5) * histogram.binWidth();
      double inside = Math.max(histogram.min(), Math.min(histogram.max(), middle));
      levels[i] = (int) Math.rint(inside / affine.scale()) + affine.zeroPoint();
    }
    int[] inside =
        IntStream.range(0, counts.length).filter(i -> grid.clamp(levels[i]) == levels[i]).toArray();
    if (inside.length == 0) {
      return Double.POSITIVE_INFINITY;
    }
    double[] p = Arrays.stream(inside).mapToDouble(i -> counts[i]).toArray();
    double[] q = new double[p.length];
    for (int i = 0; i < counts.length; i++) {
      if (levels[i] < grid.lowest()) {
        p[0] += counts[i];
      } else if (levels[i] > grid.highest()) {
        p[p.length - 1] += counts[i];
      }
    }
    for (int level = grid.lowest(); level <= grid.highest(); level++) {
      int of = level;
      int[] bins = IntStream.range(0, p.length).filter(i -> levels[inside[i]] == of).toArray();
      double sum = Arrays.stream(bins).mapToDouble(i -> counts[inside[i]]).sum();
      long filled = Arrays.stream(bins).filter(i -> p[i] > 0).count();
      Arrays.stream(bins).filter(i -> p[i] > 0).forEach(i -> q[i] = sum / filled);
    }
    double ofP = Arrays.stream(p).sum();
    double ofQ = Arrays.stream(q).sum();
    return IntStream.range(0, p.length)
        .filter(i -> p[i] > 0)
        .mapToDouble(i -> p[i] / ofP * Math.log(p[i] / ofP / (q[i] / ofQ)))
        .sum();
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 8})
  void findsWhatAnExhaustiveScanFinds(int bits) {
    Random random = new Random(5);
    ActivationStatistics observed =
        observed(random, 50_000, g -> Math.abs(g) * (random.nextInt(1000) == 0 ? 30 : 1));
    Grid grid = Grid.unsigned(bits);
    HistogramDivergence divergence = new HistogramDivergence(observed.histogram(), grid);
    double best =
        IntStream.rangeClosed(1, 1000)
            .mapToObj(i -> Affine.asymmetric(grid, 0, observed.max() * i / 1000.0))
            .mapToDouble(divergence)
            .min()
            .orElseThrow();

    Affine found = new Kl().ofActivation(observed, grid, false);

    assertThat(divergence.applyAsDouble(found)).isLessThan(best * 1.15);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 8})
  void findsBothEnds(int bits) {
    Random random = new Random(6);
    ActivationStatistics observed =
        observed(random, 50_000, g -> (g > 0 ? 3 * g : g) * (random.nextInt(1000) == 0 ? 20 : 1));
    Grid grid = Grid.unsigned(bits);
    HistogramDivergence divergence = new HistogramDivergence(observed.histogram(), grid);
    double best = Double.POSITIVE_INFINITY;
    for (int i = 1; i <= 60; i++) {
      for (int j = 1; j <= 60; j++) {
        Affine candidate =
            Affine.asymmetric(grid, observed.min() * i / 60.0, observed.max() * j / 60.0);
        best = Math.min(best, divergence.applyAsDouble(candidate));
      }
    }

    Affine found = new Kl().ofActivation(observed, grid, false);

    assertThat(divergence.applyAsDouble(found)).isLessThan(best * 1.05);
  }

  @Property(tries = 50)
  void isNeverWorseThanMinMax(@ForAll long seed, @ForAll @IntRange(min = 2, max = 16) int bits) {
    Random random = new Random(seed);
    double shift = random.nextGaussian();
    ActivationStatistics observed =
        observed(random, 2000, g -> shift + g * (random.nextInt(100) == 0 ? 20 : 1));
    Grid grid = Grid.unsigned(bits);
    HistogramDivergence divergence = new HistogramDivergence(observed.histogram(), grid);

    assertThat(divergence.applyAsDouble(new Kl().ofActivation(observed, grid, false)))
        .isLessThanOrEqualTo(
            divergence.applyAsDouble(new RangeMethod.MinMax().ofActivation(observed, grid, false)));
  }

  /** A bin has a level of its own, so that any clipping loses information, and nothing else. */
  @Test
  void clipsNothingWhereLevelsAreFinerThanBins() {
    ActivationStatistics observed = observed(new Random(7), 5000, g -> g * g * g);
    Grid grid = Grid.unsigned(16);

    assertThat(new Kl().ofActivation(observed, grid, false))
        .isEqualTo(Affine.asymmetric(grid, observed.min(), observed.max()));
  }

  @Test
  void clipsFewFarValues() {
    Random random = new Random(8);
    ActivationStatistics observed =
        observed(random, 100_000, g -> g * (random.nextInt(10_000) == 0 ? 100 : 1));
    Grid grid = Grid.unsigned(4);

    Affine found = new Kl().ofActivation(observed, grid, false);

    assertThat(observed.max()).isGreaterThan(100);
    assertThat(found.scale() * grid.steps()).isBetween(4f, 9f);
  }

  @Test
  void zerosChangeNothing() {
    ActivationStatistics observed = observed(new Random(9), 20_000, g -> Math.abs(g));
    ActivationStatistics withZeros = observed(new Random(9), 20_000, g -> Math.abs(g));
    withZeros.add(new float[400_000]);
    Grid grid = Grid.unsigned(4);

    assertThat(new Kl().ofActivation(withZeros, grid, false))
        .isEqualTo(new Kl().ofActivation(observed, grid, false));
  }

  @Test
  void aRangeThatClipsAllOrALevelThatHoldsClippedValuesOnlyLosesEverything() {
    ActivationStatistics observed = new ActivationStatistics();
    observed.add(new float[] {1, 2, 3, 10});
    HistogramDivergence divergence =
        new HistogramDivergence(observed.histogram(), Grid.unsigned(2));

    assertThat(divergence.applyAsDouble(new Affine(0.1f, 0))).isInfinite();
    assertThat(divergence.applyAsDouble(new Affine(2, 0))).isInfinite();
    assertThat(divergence.applyAsDouble(new Affine(10 / 3f, 0))).isFinite();
  }

  private static ActivationStatistics observed(
      Random random, int n, DoubleUnaryOperator ofGaussian) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) ofGaussian.applyAsDouble(random.nextGaussian());
    }
    ActivationStatistics observed = new ActivationStatistics();
    observed.add(values);
    return observed;
  }
}
