package io.halfstep.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "999, 999 B",
    "1000, 1.0 kB",
    "96810, 96.8 kB",
    "716740, 717 kB",
    "999949, 1.0 MB",
    "2500000, 2.5 MB",
    "99960, 100 kB",
    "9223372036854775807, 9223372 TB"
  })
  void bytes(long bytes, String text) {
    assertThat(Figures.bytes(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0.4, 0:00", "59.6, 1:00", "61, 1:01", "3599.4, 59:59", "3723, 1:02:03"})
  void clock(double seconds, String text) {
    assertThat(Figures.clock(seconds)).isEqualTo(text);
  }

  @Test
  void brief() {
    assertThat(Figures.brief(0)).isEqualTo("0");
    assertThat(Figures.brief(-1.2345)).isEqualTo("−1.23");
    assertThat(Figures.brief(0.0123456)).isEqualTo("0.0123");
    assertThat(Figures.brief(12345)).isEqualTo("12345");
    assertThat(Figures.brief(1.2e-7)).isEqualTo("1.20e−07");
    assertThat(Figures.brief(Double.NaN)).isEqualTo("–");
  }

  @ParameterizedTest
  @CsvSource({"abcdef, 6, abcdef", "abcdefg, 6, ab…efg", "abcdef, 3, a…f", "abcdef, 2, ab"})
  void shortenKeepsBothEnds(String text, int length, String shortened) {
    assertThat(Figures.shorten(text, length)).isEqualTo(shortened).hasSizeLessThanOrEqualTo(length);
  }
}
