package io.halfstep.service.version;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobEvent;
import io.halfstep.service.journal.JobSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RetentionTest {
  private static final Duration DAY = Duration.ofDays(1);
  private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");

  /** Returns a job with a version published at the start of each day. */
  private static Job daily(int versions) {
    Job job = Job.submitted(new JobSpec("m-1", "m", "m.onnx", 8, 1, Map.of(), 0, 0, 0, 0));
    for (int version = 1; version <= versions; version++) {
      long at = START.plus(DAY.multipliedBy(version - 1)).toEpochMilli();
      job = job.apply(new JobEvent.Published(version, 8, 5, at, List.of()));
    }
    return job;
  }

  @Test
  void theNewestAreKept() {
    Retention three = new Retention(3, Duration.ZERO);
    assertThat(three.expired(daily(0), START)).isEmpty();
    assertThat(three.expired(daily(3), START)).isEmpty();
    assertThat(three.expired(daily(5), START)).containsExactly(1, 2);
  }

  @Test
  void thoseOfTheLastDaysAreKept() {
    Retention twoDays = new Retention(0, DAY.multipliedBy(2));
    assertThat(twoDays.expired(daily(5), START.plus(DAY.multipliedBy(4)))).containsExactly(1, 2);
    assertThat(twoDays.expired(daily(5), START.plus(DAY.multipliedBy(4)).plusMillis(1)))
        .containsExactly(1, 2, 3);
  }

  @Test
  void bothLimitsHold() {
    Instant fifth = START.plus(DAY.multipliedBy(4));
    assertThat(new Retention(4, DAY).expired(daily(5), fifth)).containsExactly(1, 2, 3);
    assertThat(new Retention(1, DAY).expired(daily(5), fifth)).containsExactly(1, 2, 3, 4);
    assertThat(new Retention(0, Duration.ZERO).expired(daily(5), fifth)).isEmpty();
  }

  @Test
  void theNewestAndTheCurrentOneAlwaysAre() {
    Job job = daily(5).apply(new JobEvent.RolledBack(2, 0));
    Instant muchLater = START.plus(Duration.ofDays(1000));
    assertThat(new Retention(1, DAY).expired(job, muchLater)).containsExactly(1, 3, 4);
  }
}
