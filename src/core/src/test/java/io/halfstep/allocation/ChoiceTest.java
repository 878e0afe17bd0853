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
import org.junit.jupiter.api.Test;

class ChoiceTest {
  private static Choice layer(String name, Random random) {
    List<Assignment> options = new ArrayList<>();
    for (int weights = 2; weights <= 4; weights++) {
      for (int activations : new int[] {4, 8}) {
        options.add(
            new Assignment(
                Map.of(name, new Bits(weights, activations)),
                random.nextInt(100),
                random.nextDouble()));
      }
    }
    return new Choice(options);
  }

  /** Returns the least error of three layers with equal bits per activation within the limit. */
  private static double bruteForce(Choice a, Choice b, Choice c, long limit) {
    double least = Double.POSITIVE_INFINITY;
    for (Assignment x : a.options()) {
      for (Assignment y : b.options()) {
        for (Assignment z : c.options()) {
          int bits = x.bits().get("a").activations();
          boolean equal =
              bits == y.bits().get("b").activations() && bits == z.bits().get("c").activations();
          if (equal && x.cost() + y.cost() + z.cost() <= limit) {
            least = Math.min(least, x.error() + y.error() + z.error());
          }
        }
      }
    }
    return least;
  }

  @Property(tries = 200)
  void layersTogetherLoseNoGoodOption(@ForAll long seed) {
    Random random = new Random(seed);
    Choice a = layer("a", random);
    Choice b = layer("b", random);
    Choice c = layer("c", random);

    List<Assignment> together = Choice.together(List.of(a, b, c)).options();

    for (long limit = 0; limit <= 300; limit += 10) {
      double least = Double.POSITIVE_INFINITY;
      for (Assignment option : together) {
        least = option.cost() <= limit ? Math.min(least, option.error()) : least;
      }
      double optimum = bruteForce(a, b, c, limit);
      if (Double.isInfinite(optimum)) {
        assertThat(least).isInfinite();
      } else {
        assertThat(least).isCloseTo(optimum, within(1e-12));
      }
    }
    for (Assignment option : together) {
      assertThat(option.bits().values().stream().map(Bits::activations).distinct()).hasSize(1);
    }
  }

  @Test
  void layersWithoutBitsInCommonCanNotChoose() {
    Choice four = new Choice(List.of(new Assignment(Map.of("a", new Bits(4, 4)), 1, 1)));
    Choice eight = new Choice(List.of(new Assignment(Map.of("b", new Bits(4, 8)), 1, 1)));

    assertThatThrownBy(() -> Choice.together(List.of(four, eight)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
