package io.halfstep.ranges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.ranges.RangeMethod.MinMax;
import io.halfstep.ranges.RangeMethod.Mse;
import io.halfstep.ranges.RangeMethod.Percentile;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RangeMethodsTest {
  @Test
  void labelsAreReadBack() {
    for (RangeMethod method : List.of(new MinMax(), new Mse(), new Percentile(99.5))) {
      assertThat(RangeMethods.parse(method.label())).isEqualTo(method);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "kl", "minmax:", "mse:2", "percentile", "percentile:", "percentile:50"})
  void othersAreRefusedWithWhatIsExpected(String text) {
    assertThatThrownBy(() -> RangeMethods.parse(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "range method '%s': expected minmax, mse or \"percentile:P\" with 50 < P <= 100,"
                    .formatted(text)
                + " e.g. \"percentile:99.99\"");
  }
}
