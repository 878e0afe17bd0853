package io.halfstep.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GranularityTest {
  @ParameterizedTest
  @ValueSource(strings = {"tensor", "channel", "block:2", "block:32", "block:100000"})
  void readsWhatItWrites(String text) {
    assertThat(Granularity.parse(text).label()).isEqualTo(text);
    assertThat(Granularity.parse(text)).isEqualTo(Granularity.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "row",
        "block",
        "block:",
        "block:0",
        "block:1",
        "block:-32",
        "block:3.5",
        "block: 32",
        "block:9999999999",
        "32",
        "TENSOR"
      })
  void refusesAnythingElse(String text) {
    assertThatThrownBy(() -> Granularity.parse(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "granularity '%s': expected tensor, channel or block:SIZE (2 or more, e.g. block:32)",
            text);
  }
}
