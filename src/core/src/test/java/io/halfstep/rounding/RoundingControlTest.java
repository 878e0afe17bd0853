package io.halfstep.rounding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class RoundingControlTest {
  @Test
  void aPartReportsItsShareOfTheWholeAndStopsWithIt() {
    List<Double> shares = new ArrayList<>();
    AtomicBoolean cancelled = new AtomicBoolean();
    RoundingControl whole =
        new RoundingControl() {
          @Override
          public boolean cancelled() {
            return cancelled.get();
          }

          @Override
          public void progress(double share) {
            shares.add(share);
          }
        };
    RoundingControl second = whole.part(1, 4);

    second.progress(0);
    second.progress(1);
    assertThat(shares).containsExactly(0.25, 0.5);
    assertThat(second.cancelled()).isFalse();
    cancelled.set(true);
    assertThat(second.cancelled()).isTrue();
  }
}
