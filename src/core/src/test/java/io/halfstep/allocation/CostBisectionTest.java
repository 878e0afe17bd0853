package io.halfstep.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CostBisectionTest {
  /** The assignments of the front cost 8, 9, … 64. */
  private static final WidthProgramme PROGRAMME = programme();

  private final List<Long> tried = new ArrayList<>();

  private static WidthProgramme programme() {
    List<Choice> layers = new ArrayList<>();
    for (int l = 0; l < 8; l++) {
      List<Assignment> widths = new ArrayList<>();
      for (int bits = 1; bits <= 8; bits++) {
        double error = (1 + l / 10.0) * Math.pow(4, -bits);
        widths.add(new Assignment(Map.of("layer " + l, new Bits(bits, 8)), bits, error));
      }
      layers.add(new Choice(widths));
    }
    return new WidthProgramme(layers);
  }

  private long search(int trials, Predicate<Assignment> goodEnough) {
    CostBisection search = new CostBisection(PROGRAMME, PROGRAMME.solve(64), trials);
    for (Optional<Assignment> next = search.next(); next.isPresent(); next = search.next()) {
      tried.add(next.get().cost());
      search.tried(next.get(), goodEnough.test(next.get()));
    }
    return search.best().cost();
  }

  @ParameterizedTest
  @ValueSource(longs = {8, 9, 20, 37, 63, 64})
  void findsTheCheapestThatIsGoodEnough(long cost) {
    assertThat(search(20, assignment -> assignment.cost() >= cost)).isEqualTo(cost);
    assertThat(tried).hasSizeLessThanOrEqualTo(6).doesNotHaveDuplicates();
  }

  @Test
  void takesNoMoreTrialsThanItMay() {
    assertThat(search(2, assignment -> assignment.cost() >= 20)).isEqualTo(21);
    assertThat(tried).containsExactly(35L, 21L);
  }

  @Test
  void nothingBelowTheBestMayBeGoodEnough() {
    assertThat(search(20, assignment -> false)).isEqualTo(64);
  }
}
