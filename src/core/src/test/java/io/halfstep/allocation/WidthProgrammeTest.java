package io.halfstep.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class WidthProgrammeTest {
  private static final Choice LARGE =
      new Choice(
          List.of(
              width("large", 2, 200, 0.4),
              width("large", 3, 300, 0.1),
              width("large", 4, 400, 0.05)));
  private static final Choice SMALL =
      new Choice(
          List.of(
              width("small", 2, 20, 0.8), width("small", 3, 30, 0.2), width("small", 4, 40, 0.1)));

  private static Assignment width(String layer, int bits, long cost, double error) {
    return new Assignment(Map.of(layer, new Bits(bits, 8)), cost, error);
  }

  private static Map<String, Integer> weights(Assignment assignment) {
    Map<String, Integer> weights = new TreeMap<>();
    assignment.bits().forEach((layer, bits) -> weights.put(layer, bits.weights()));
    return weights;
  }

  /** Errors fall about fourfold per bit, but not always. */
  private static List<Choice> layers(int count, long seed) {
    Random random = new Random(seed);
    List<Choice> layers = new ArrayList<>();
    for (int l = 0; l < count; l++) {
      long weights = 9L * (1 + random.nextInt(100));
      double sensitivity = Math.exp(2 * random.nextGaussian());
      List<Assignment> widths = new ArrayList<>();
      for (int bits = 2; bits <= 5; bits++) {
        double error = sensitivity * Math.pow(4, -bits) * (0.2 + 2 * random.nextDouble());
        widths.add(width("layer " + l, bits, weights * bits, error));
      }
      layers.add(new Choice(widths));
    }
    return layers;
  }

  /** Returns the least error within the limit, by trying all assignments. */
  private static double bruteForce(List<Choice> layers, long limit) {
    if (layers.isEmpty()) {
      return limit < 0 ? Double.POSITIVE_INFINITY : 0;
    }
    List<Choice> rest = layers.subList(1, layers.size());
    return layers.get(0).options().stream()
        .mapToDouble(width -> width.error() + bruteForce(rest, limit - width.cost()))
        .min()
        .orElseThrow();
  }

  @Property(tries = 500)
  void isTheBestOfAllAssignments(
      @ForAll @IntRange(min = 1, max = 6) int count,
      @ForAll @DoubleRange(min = 0, max = 1) double share,
      @ForAll long seed) {
    List<Choice> layers = layers(count, seed);
    WidthProgramme programme = new WidthProgramme(layers);
    long least = programme.leastCost();
    long limit = least + (long) (share * (programme.greatestCost() - least));

    Assignment found = programme.solve(limit);

    double optimum = bruteForce(layers, limit);
    assertThat(found.error()).isCloseTo(optimum, within(1e-9 * optimum));
    assertThat(found.cost()).isLessThanOrEqualTo(limit);
    assertThat(found.bits()).hasSize(count);
    assertThat(programme.solve(limit)).isEqualTo(found);
  }

  @Test
  void takesTheBitsWhereTheyCount() {
    WidthProgramme programme = new WidthProgramme(List.of(LARGE, SMALL));

    assertThat(programme.solve(340))
        .isEqualTo(
            new Assignment(
                Map.of("large", new Bits(3, 8), "small", new Bits(4, 8)), 340, 0.1 + 0.1));
    assertThat(weights(programme.solve(339))).isEqualTo(Map.of("large", 3, "small", 3));
    assertThat(programme.solve(Long.MAX_VALUE).cost()).isEqualTo(440);
  }

  @Test
  void aSingleLayerTakesTheMostThatFits() {
    WidthProgramme programme = new WidthProgramme(List.of(LARGE));

    assertThat(weights(programme.solve(399))).isEqualTo(Map.of("large", 3));
    assertThat(weights(programme.solve(200))).isEqualTo(Map.of("large", 2));
    assertThatThrownBy(() -> programme.solve(199)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void errorsOfZeroCostNoMoreThanTheyMust() {
    Choice exact = new Choice(List.of(width("exact", 2, 2, 0), width("exact", 3, 3, 0)));

    assertThat(weights(new WidthProgramme(List.of(exact)).solve(3))).isEqualTo(Map.of("exact", 2));
  }

  @Test
  void theFrontFallsWithTheCost() {
    List<Assignment> front =
        Allocation.within("bits=3", 1, new WidthProgramme(layers(8, 3)), 100_000).front();

    assertThat(front).hasSizeGreaterThan(5);
    for (int i = 1; i < front.size(); i++) {
      assertThat(front.get(i).cost()).isGreaterThan(front.get(i - 1).cost());
      assertThat(front.get(i).error()).isLessThan(front.get(i - 1).error());
    }
  }
}
