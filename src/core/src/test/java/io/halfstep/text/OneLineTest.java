package io.halfstep.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OneLineTest {
  @Test
  void isOneLineOfReadableLength() {
    assertThat(OneLine.of(" a\n  b\tc \r\n")).isEqualTo("a b c");
    assertThat(OneLine.of("x".repeat(1000))).hasSize(1000);
    assertThat(OneLine.of("x".repeat(500_000))).hasSize(1001).endsWith("x…");
  }
}
