package io.halfstep.intake;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.source.RawSample;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SampleRecordTest {
  /** Found by MessageFuzzTest. */
  @Test
  void aDamagedSampleIsRefused() {
    byte[] stored =
        SampleRecord.encode(new RawSample(Map.of("x", Tensor.of(new float[] {1, 2}, 1, 2))));
    for (int length = 0; length < stored.length; length++) {
      byte[] cut = Arrays.copyOf(stored, length);
      assertThatThrownBy(() -> SampleRecord.decode(cut))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("damaged");
    }
    for (int at : new int[] {6, 11}) { // the type; the sign of the first axis
      byte[] changed = stored.clone();
      changed[at] = -1;
      assertThatThrownBy(() -> SampleRecord.decode(changed))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("damaged");
    }
  }
}
