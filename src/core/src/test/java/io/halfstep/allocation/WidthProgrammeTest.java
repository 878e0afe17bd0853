package io.halfstep.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class WidthProgrammeTest {
  private static final LayerWidths LARGE =
      new LayerWidths(
          "large",
          List.of(new Width(2, 200, 0.4), new Width(3, 300, 0.1), new Width(4, 400, 0.05)));
  private static final LayerWidths SMALL =
      new LayerWidths(
          "small", List.of(new Width(2, 20, 0.8), new Width(3, 30, 0.2), new Width(4, 40, 0.1)));

  /** Errors fall about fourfold per bit, but not always. */
  private static List<LayerWidths> layers(int count, long seed) {
    Random random = new Random(seed);
    List<LayerWidths> layers = new ArrayList<>();
    for (int l = 0; l < count; l++) {
      long weights = 9L * (1 + random.nextInt(100));
      double sensitivity = Math.exp(2 * random.nextGaussian());
      List<Width> widths = new ArrayList<>();
      for (int bits = 2; bits <= 5; bits++) {
        double error = sensitivity * Math.pow(4, -bits) * (0.2 + 2 * random.nextDouble());
        widths.add(new Width(bits, weights * bits, error));
      }
      layers.add(new LayerWidths("layer " + l, widths));
    }
    return layers;
  }

  /** Returns the least error within the limit, by trying all assignments. */
  private static double bruteForce(List<LayerWidths> layers, long limit) {
    if (layers.isEmpty()) {
      return limit < 0 ? Double.POSITIVE_INFINITY : 0;
    }
    List<LayerWidths> rest = layers.subList(1, layers.size());
    return layers.get(0).widths().stream()
        .mapToDouble(width -> width.error() + bruteForce(rest, limit - width.cost()))
        .min()
        .orElseThrow();
  }

  @Property(tries = 500)
  void isTheBestOfAllAssignments(
      @ForAll @IntRange(min = 1, max = 6) int count,
      @ForAll @DoubleRange(min = 0, max = 1) double share,
      @ForAll long seed) {
    List<LayerWidths> layers = layers(count, seed);
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
        .isEqualTo(new Assignment(Map.of("large", 3, "small", 4), 340, 0.1 + 0.1));
    assertThat(programme.solve(339).bits()).isEqualTo(Map.of("large", 3, "small", 3));
    assertThat(programme.solve(Long.MAX_VALUE).cost()).isEqualTo(440);
  }

  @Test
  void aSingleLayerTakesTheMostThatFits() {
    WidthProgramme programme = new WidthProgramme(List.of(LARGE));

    assertThat(programme.solve(399).bits()).isEqualTo(Map.of("large", 3));
    assertThat(programme.solve(200).bits()).isEqualTo(Map.of("large", 2));
    assertThatThrownBy(() -> programme.solve(199)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void errorsOfZeroCostNoMoreThanTheyMust() {
    LayerWidths exact = new LayerWidths("exact", List.of(new Width(2, 2, 0), new Width(3, 3, 0)));

    assertThat(new WidthProgramme(List.of(exact)).solve(3).bits()).isEqualTo(Map.of("exact", 2));
  }

  @Test
  void theFrontFallsWithTheCost() {
    List<Assignment> front = Allocation.of("bits=3", 1, layers(8, 3), 100_000).front();

    assertThat(front).hasSizeGreaterThan(5);
    for (int i = 1; i < front.size(); i++) {
      assertThat(front.get(i).cost()).isGreaterThan(front.get(i - 1).cost());
      assertThat(front.get(i).error()).isLessThan(front.get(i - 1).error());
    }
  }
}
