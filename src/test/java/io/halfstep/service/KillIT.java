package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL amid a run, feeding included: nobody who sees the results can tell. The long form is
 * {@code src/bench/kill.sh}.
 */
@DisabledOnOs(OS.WINDOWS)
class KillIT {
  private static final int SAMPLES = 192;
  private static final String CHECKPOINTS = "halfstep.service.jobs.checkpoint-every = 200 ms\n";

  @Test
  void theResultIsThatOfAnUninterruptedRun(@TempDir Path folder) throws Exception {
    comesOut(folder, CHECKPOINTS, 20261121);
  }

  /** Kills while samples come in, while layers are rounded, and at the end. */
  static void comesOut(Path folder, String config, long seed) throws Exception {
    Random random = new Random(seed);
    try (ServiceProcess service = ServiceProcess.start(folder, folder.resolve("state"), config)) {
      String quiet = service.submitResnet("quiet", SAMPLES);
      feed(service, quiet);
      service.awaitCompleted(quiet);

      String killed = service.submitResnet("killed", SAMPLES);
      Process feeder = service.client("feed", "feed", killed, "--data", ServiceProcess.CALIBRATION);
      int collected = 1 + random.nextInt(SAMPLES);
      service.awaitJob(
          killed, "fed", job -> job.at("/samples/collected").asInt() >= collected || isSealed(job));
      service.kill();
      service.start();
      int rounded = 1 + random.nextInt(14);
      service.awaitJob(killed, "rounding", job -> job.at("/progress/ratios").size() >= rounded);
      service.kill();
      service.start();
      service.awaitJob(
          killed,
          "finishing",
          job ->
              job.at("/progress/pass").asText().equals("finish")
                  || job.path("status").asText().equals("completed"));
      Thread.sleep(random.nextInt(300));
      service.kill();
      service.start();
      JsonNode job = service.awaitCompleted(killed);
      assertThat(feeder.waitFor(60, TimeUnit.SECONDS)).isTrue();

      assertThat(feeder.exitValue()).as(service.output("feed")).isZero();
      assertThat(job.path("versions")).hasSize(1);
      assertThat(job.at("/versions/0/samples").asInt()).isEqualTo(SAMPLES);
      for (String file : new String[] {"model", "encodings"}) {
        assertThat(service.published(killed, file))
            .as(file)
            .isEqualTo(service.published(quiet, file));
      }
    }
  }

  private static boolean isSealed(JsonNode job) {
    return !job.path("status").asText().equals("collecting");
  }

  private static void feed(ServiceProcess service, String job) throws Exception {
    Process feeder =
        service.client("feed-" + job, "feed", job, "--data", ServiceProcess.CALIBRATION);
    assertThat(feeder.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(feeder.exitValue()).as(service.output("feed-" + job)).isZero();
  }
}
