package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sends more than can be processed, with little memory. The long form is {@code
 * src/bench/overload.sh}.
 */
@DisabledOnOs(OS.WINDOWS)
class OverloadIT {
  /** A queue that holds one request of 50 kB: two at a time are too many for any disk. */
  private static final String TIGHT = "halfstep.service.intake.queue-bytes = 64 KiB\n";

  @Test
  void whatIsNotTakenIsRefusedOpenly(@TempDir Path folder) throws Exception {
    try (ServiceProcess service =
        ServiceProcess.start(folder, folder.resolve("state"), TIGHT, "-Xmx256m")) {
      String id = service.submitResnet("flooded", 1_000_000);
      Load.Outcome outcome =
          Load.run(
              new Load.Offer(
                  "127.0.0.1",
                  service.port(),
                  "flooded",
                  "image",
                  new long[] {64, 1, 28, 28},
                  32,
                  5,
                  0));
      JsonNode samples = service.job(id).path("samples");
      long refused = samples.at("/refused/overloaded").asLong();

      assertThat(outcome.answers().keySet()).isSubsetOf(Set.of(202, 429, 503)).contains(202, 429);
      assertThat(outcome.withoutRetryAfter()).isZero();
      assertThat(outcome.offered()).isEqualTo(outcome.acknowledged() + outcome.refused());
      assertThat(samples.path("taken").asLong() + samples.path("skipped").asLong())
          .isEqualTo(outcome.acknowledged());
      assertThat(samples.path("collected").asLong()).isEqualTo(samples.path("taken").asLong());
      assertThat(refused).isEqualTo(outcome.refused());

      service.kill();
      service.start();
      service.awaitJob(
          id,
          "all there again",
          job -> job.at("/samples/collected").asLong() == outcome.acknowledged());
    }
  }
}
