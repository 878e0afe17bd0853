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
    for (RangeMethod method : List.of(new MinMax(), new Mse(), new Lp(2.4), new Percentile(99.5))) {
      assertThat(RangeMethods.OF_WEIGHTS.parse(method.label())).isEqualTo(method);
      assertThat(RangeMethods.OF_ACTIVATIONS.parse(method.label())).isEqualTo(method);
    }
    assertThat(RangeMethods.OF_ACTIVATIONS.parse("kl")).isEqualTo(new Kl());
    assertThat(RangeMethods.OF_WEIGHTS.parse("output-mse")).isEqualTo(new OutputMse());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "kl",
        "minmax:",
        "mse:2",
        "lp",
        "lp:0.9",
        "lp:NaN",
        "percentile:",
        "percentile:50"
      })
  void othersAreRefusedWithWhatIsExpected(String text) {
    assertThatThrownBy(() -> RangeMethods.OF_WEIGHTS.parse(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "range method '%s': expected minmax, mse, \"lp:P\" with 1 <= P <= 4,".formatted(text)
                + " e.g. \"lp:2.4\", \"percentile:P\" with 50 < P <= 100,"
                + " e.g. \"percentile:99.99\" or output-mse; for activations also kl,"
                + " cross-entropy, batch-norm and \"moving-average:N\"");
  }
}
