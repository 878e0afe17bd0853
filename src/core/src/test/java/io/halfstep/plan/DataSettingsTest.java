package io.halfstep.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import java.util.List;
import org.junit.jupiter.api.Test;

class DataSettingsTest {
  private static int synthetic(String... files) {
    return DataSettings.NONE.withFiles(List.of(files)).synthetic();
  }

  @Test
  void samplesAreSynthesizedOrInFiles() {
    assertThat(synthetic("synthetic:7")).isEqualTo(7);
    assertThat(synthetic("synthetic")).isEqualTo(128);
    assertThat(synthetic("./synthetic", "synthetic.npz:x")).isZero();
    assertThat(DataSettings.NONE.synthetic()).isZero();
  }

  @Test
  void otherNumbersAndFilesBesideAreRefused() {
    for (String number : List.of("", "0", "-1", "many", "99999999999")) {
      assertThatThrownBy(() -> synthetic("synthetic:" + number))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage("data: synthetic:%s, expected synthetic:N with a number N from 1 on", number);
    }
    assertThatThrownBy(() -> synthetic("a.npz", "synthetic"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("data: synthetic stands alone, found a.npz, synthetic");
  }
}
