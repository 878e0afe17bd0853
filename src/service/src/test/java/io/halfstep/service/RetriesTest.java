package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobSpec;
import io.halfstep.service.state.JobFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RetriesTest {
  private final LiveJob live =
      new LiveJob(
          Job.submitted(new JobSpec("m-1", "m", "model/m.onnx", 9, 1, Map.of(), 1, 0, 0, 0)),
          new JobFolder(Path.of("m-1")),
          new LiveJobs());
  private final Retries retries = new Retries(live);

  private List<Long> seconds(int waits) {
    return Stream.generate(() -> retries.begin("full").toSeconds()).limit(waits).toList();
  }

  @Test
  void waitsLongerAndLongerUntilSomethingSucceeds() {
    assertThat(seconds(9)).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L, 60L);
    retries.succeeded();
    assertThat(seconds(2)).containsExactly(1L, 2L);
  }

  @Test
  void theJobSaysWhatItWaitsFor() {
    retries.begin("full");
    assertThat(JobView.of(live).status()).isEqualTo("waiting");
    assertThat(JobView.of(live).error()).isEqualTo("full");
    retries.end();
    assertThat(retries.waits()).isFalse();
    assertThat(JobView.of(live).status()).isEqualTo("collecting");
  }
}
