package io.halfstep.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "536870912, 536870912",
    "512m, 536870912",
    "512 MB, 536870912",
    "512MiB, 536870912",
    "2g, 2147483648",
    "1.5k, 1536",
    "3t, 3298534883328",
    "100b, 100",
    "9007199254740993, 9007199254740993"
  })
  void readsBytes(String text, long bytes) {
    assertThat(ByteSize.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "m", "0", "0.0001", "-1", "12q", "1e9", "9999999999t", "1 2", "0x10"})
  void refusesTheRest(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "memory '" + text + "': expected a number of bytes, e.g. 536870912, 512m or 2g");
  }
}
