package io.halfstep.service.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.service.journal.Job.Phase;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobTest {
  private static Job job(int versions) {
    return Job.submitted(
        new JobSpec("m-1", "m", "model/m.onnx", 100, 1, Map.of(), versions, 0, 0, 0));
  }

  @Test
  void takesAsManySamplesAsItWants() {
    Job job = job(1);

    assertThat(job.windowEnd()).isEqualTo(100);
    assertThat(job.isSealed()).isFalse();
    assertThat(job.phase()).isEqualTo(Phase.ACTIVE);
    assertThat(job.nextVersion()).isEqualTo(1);
  }

  @Test
  void canBeSealedEarly() {
    Job job = job(1).apply(new JobEvent.Sealed(40, 1));

    assertThat(job.isSealed()).isTrue();
    assertThat(job.windowEnd()).isEqualTo(40);
  }

  @Test
  void isCompleteWithItsLastVersion() {
    Job first =
        job(2)
            .apply(new JobEvent.Sealed(100, 1))
            .apply(new JobEvent.Published(1, 100, 5, 2, List.of()));
    Job second =
        first
            .apply(new JobEvent.Sealed(170, 3))
            .apply(new JobEvent.Published(2, 70, 5, 4, List.of()));

    assertThat(first.phase()).isEqualTo(Phase.ACTIVE);
    assertThat(first.windowStart()).isEqualTo(100);
    assertThat(first.windowEnd()).isEqualTo(200);
    assertThat(first.isSealed()).isFalse();
    assertThat(first.nextVersion()).isEqualTo(2);
    assertThat(second.phase()).isEqualTo(Phase.COMPLETED);
    assertThat(second.versions()).extracting(Job.Version::version).containsExactly(1, 2);
  }

  @Test
  void publishesOnAndOnIfItIsToldTo() {
    Job job = job(0);
    for (int version = 1; version <= 5; version++) {
      job =
          job.apply(new JobEvent.Sealed(job.windowEnd(), 1))
              .apply(new JobEvent.Published(version, 100, 5, 2, List.of()));
    }

    assertThat(job.phase()).isEqualTo(Phase.ACTIVE);
    assertThat(job.windowStart()).isEqualTo(500);
  }

  @Test
  void aPauseChangesNothingElse() {
    Job sealed = job(1).apply(new JobEvent.Sealed(50, 1));

    Job resumed = sealed.apply(new JobEvent.Paused(2)).apply(new JobEvent.Resumed(3));

    assertThat(sealed.apply(new JobEvent.Paused(2)).phase()).isEqualTo(Phase.PAUSED);
    assertThat(resumed).isEqualTo(sealed);
  }

  @Test
  void endsByFailureAndByCancelling() {
    assertThat(job(1).apply(new JobEvent.Failed("no", 1)).failure()).isEqualTo("no");
    assertThat(job(1).apply(new JobEvent.Failed("no", 1)).phase().isFinal()).isTrue();
    assertThat(job(1).apply(new JobEvent.Cancelled(1)).phase().isFinal()).isTrue();
  }
}
