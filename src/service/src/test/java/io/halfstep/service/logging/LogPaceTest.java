package io.halfstep.service.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LogPaceTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 10); // it may overflow
  private final LogPace pace = new LogPace(nanos::get);

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void aLineAMinute() {
    assertThat(pace.due()).isTrue();
    assertThat(pace.due()).isFalse();
    pass(Duration.ofSeconds(59));
    assertThat(pace.due()).isFalse();
    pass(Duration.ofSeconds(1));
    assertThat(pace.due()).isTrue();
    assertThat(pace.due()).isFalse();
  }
}
