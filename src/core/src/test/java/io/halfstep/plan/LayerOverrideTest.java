package io.halfstep.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerOverrideTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          fc                  | fc                    | true
          fc                  | fc2                   | false
          *                   | /blocks.0/conv1/Conv  | true
          /blocks.0/*         | /blocks.0/conv1/Conv  | true
          /blocks.0/*         | /blocks.01/conv1/Conv | false
          /blocks.?/*         | /blocks.5/conv1/Conv  | true
          *conv{1,2}*         | /blocks.5/conv2/Conv  | true
          *conv{1,2}*         | /blocks.5/conv3/Conv  | false
          {stem,head*}        | head/fc               | true
          {stem,head*}        | heap                  | false
          {,a}b               | b                     | true
          {a,ab}bc            | abc                   | true
          {a*,b}{c,d?}        | axyd1                 | true
          {a*,b}{c,d?}        | axyd                  | false
          {a{b,c}d            | a{bd                  | true
          conv[0]             | conv[0]               | true
          conv[0]             | conv0                 | false
          conv.1              | convx1                | false
          a(b                 | a(b                   | true
          open{brace          | open{brace            | true
          open{*              | open{brace            | true
          close}?             | close}d               | true
          Conv                | conv                  | false
          a+                  | aa                    | false
          x\\Ey               | x\\Ey                 | true
          """)
  void matchesByNameOrGlob(String pattern, String name, boolean matches) {
    assertThat(LayerOverride.of(pattern).matches(name)).isEqualTo(matches);
  }

  @Test
  void aPatternThatIsANameMatchesItWhateverItHolds() {
    for (String name : new String[] {"{a,b}", "a*b?", "\u0000", "a\nb", "C:\\x"}) {
      assertThat(LayerOverride.of(name).matches(name)).isTrue();
      assertThat(LayerOverride.of("*").matches(name)).isTrue();
    }
  }

  @Test
  void refusesAnEmptyPatternAndOneLongerThanAnyName() {
    assertThatThrownBy(() -> LayerOverride.of("")).isInstanceOf(InvalidInputException.class);
    LayerOverride.of("x".repeat(1000));
    assertThatThrownBy(() -> LayerOverride.of("x".repeat(1001)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("1001 characters: expected at most 1000");
  }

  /** Where each star were tried with each rest of the name, this would take longer than anyone. */
  @Test
  void whatAlmostMatchesInManyWaysIsDecidedAtOnce() {
    String name = "a".repeat(300);
    assertThat(LayerOverride.of("*a".repeat(100) + "b").matches(name)).isFalse();
    assertThat(LayerOverride.of("*a".repeat(100)).matches(name)).isTrue();
    assertThat(LayerOverride.of("{*a,a*}".repeat(50) + "b").matches(name)).isFalse();
  }
}
