package io.halfstep.papers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void figuresAreMeanAndSampleDeviation() {
    assertThat(Table.spread(List.of(1.0, 2.0, 3.0))).isEqualTo("2.00 ± 1.00");
    assertThat(Table.spread(List.of(91.825))).isEqualTo("91.83");
  }
}
