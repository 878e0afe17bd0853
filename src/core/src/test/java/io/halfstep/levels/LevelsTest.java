package io.halfstep.levels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.quantizer.SignedSums;
import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares the closed forms and dynamic programming with brute force. */
class LevelsTest {
  private static WeightedValues values(int n, long seed) {
    Random random = new Random(seed);
    return new WeightedValues(
        IntStream.range(0, n).mapToDouble(i -> random.nextGaussian()).toArray(),
        IntStream.range(0, n).mapToDouble(i -> 0.1 + random.nextDouble()).toArray());
  }

  private static double error(WeightedValues values, double... levels) {
    double[] ascending = levels.clone();
    Arrays.sort(ascending);
    return values.mean(x -> Math.pow(x - ascending[Nearest.of(ascending, x)], 2));
  }

  /** The least error of all cuts of the sorted numbers into intervals. */
  private static double leastError(WeightedValues sorted, int from, int clusters) {
    if (from == sorted.size()) {
      return 0;
    }
    if (clusters == 0) {
      return Double.POSITIVE_INFINITY;
    }
    double least = Double.POSITIVE_INFINITY;
    for (int to = from + 1; to <= sorted.size(); to++) {
      WeightedValues part =
          new WeightedValues(
              Arrays.copyOfRange(sorted.values(), from, to),
              Arrays.copyOfRange(sorted.weights(), from, to));
      double mean = part.mean(x -> x);
      double own = part.mean(x -> Math.pow(x - mean, 2)) * Arrays.stream(part.weights()).sum();
      least = Math.min(least, own + leastError(sorted, to, clusters - 1));
    }
    return least;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void meansAreOptimal(int clusters) {
    for (int seed = 0; seed < 5; seed++) {
      WeightedValues values = values(11, seed);
      double best = leastError(values.sorted(x -> x), 0, clusters);
      double total = Arrays.stream(values.weights()).sum();
      assertThat(error(values, KMeans.means(values, clusters)) * total)
          .isEqualTo(best, within(1e-9));
    }
  }

  /** The quantizer of least error for a normal distribution (J. Max 1960, table I, N = 8). */
  @Test
  void meansOfManyNumbersAreThoseOfTheirDistribution() {
    Random random = new Random(3);
    WeightedValues many =
        new WeightedValues(
            IntStream.range(0, 400_000).mapToDouble(i -> random.nextGaussian()).toArray(),
            IntStream.range(0, 400_000).mapToDouble(i -> 1).toArray());
    assertThat(KMeans.means(many, 8))
        .containsExactly(
            new double[] {-2.152, -1.344, -0.7560, -0.2451, 0.2451, 0.7560, 1.344, 2.152},
            within(0.03));
  }

  @Test
  void fewNumbersAreTheirOwnMeans() {
    WeightedValues two = new WeightedValues(new double[] {2, -1}, new double[] {1, 1});
    assertThat(KMeans.means(two, 4)).containsExactly(-1, 2, 2, 2);
  }

  @Test
  void ternaryScaleIsTheBest() {
    for (int seed = 0; seed < 10; seed++) {
      WeightedValues values = values(9, seed);
      double least = Double.POSITIVE_INFINITY;
      for (double alpha = 0; alpha < 4; alpha += 1e-4) {
        least = Math.min(least, error(values, -alpha, 0, alpha));
      }
      double scale = Ternary.scale(values);
      assertThat(error(values, -scale, 0, scale)).isEqualTo(least, within(1e-6));
    }
    assertThat(Ternary.scale(new WeightedValues(new double[2], new double[] {1, 1}))).isZero();
  }

  /** BWN, eq. 6. */
  @Test
  void alphaOfOneBaseIsTheMeanMagnitude() {
    WeightedValues values = new WeightedValues(new double[] {-1, 2, 6}, new double[] {1, 1, 2});
    assertThat(Bases.alphas(values, 1)).containsExactly(15 / 4.0);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void alphasOfBasesCannotBeImprovedAlone(int bases) {
    WeightedValues values = values(40, bases);
    double[] alphas = Bases.alphas(values, bases);
    double found = error(values, SignedSums.of(alphas));
    double one = error(values, SignedSums.of(Bases.alphas(values, 1)));
    assertThat(found).isLessThan(one / bases);
    for (int m = 0; m < bases; m++) {
      for (double factor : new double[] {0.999, 1.001}) {
        double[] other = alphas.clone();
        other[m] *= factor;
        assertThat(error(values, SignedSums.of(other))).isGreaterThanOrEqualTo(found);
      }
    }
  }

  @Test
  void powersOfTwoHaveAScaleOfLittleError() {
    double[] powers = PowerOfTwo.levels(15);
    assertThat(powers)
        .containsExactly(
            -1, -0.5, -0.25, -0.125, -0.0625, -0.03125, -0.015625, 0, 0.015625, 0.03125, 0.0625,
            0.125, 0.25, 0.5, 1);
    WeightedValues values = values(60, 4);
    double scale = PowerOfTwo.scale(values, powers);
    double least = Double.POSITIVE_INFINITY;
    for (double s = 0.1; s < 6; s += 1e-3) {
      double tried = s;
      least = Math.min(least, error(values, Arrays.stream(powers).map(p -> p * tried).toArray()));
    }
    double found = error(values, Arrays.stream(powers).map(p -> p * scale).toArray());
    assertThat(found).isLessThanOrEqualTo(1.0001 * least);
  }

  /** Four clusters far apart, which draws in proportion to the distance don't miss. */
  @Test
  void centresOfClustersAreFound() {
    double[][] corners = {{-9, -9}, {-9, 9}, {9, -9}, {9, 9}};
    Random random = new Random(1);
    double[][] vectors =
        IntStream.range(0, 400)
            .mapToObj(
                i ->
                    new double[] {
                      corners[i % 4][0] + 0.1 * random.nextGaussian(),
                      corners[i % 4][1] + 0.1 * random.nextGaussian()
                    })
            .toArray(double[][]::new);
    double[][] weights = new double[400][];
    Arrays.setAll(weights, i -> new double[] {1, 1});
    double[][] centres = VectorMeans.centres(vectors, weights, 4, new SplittableRandom(5));
    Arrays.sort(centres, (a, b) -> Double.compare(3 * a[0] + a[1], 3 * b[0] + b[1]));
    for (int c = 0; c < 4; c++) {
      assertThat(centres[c]).containsExactly(corners[c], within(0.1));
    }
  }
}
