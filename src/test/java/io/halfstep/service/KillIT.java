package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
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
  private static final int SAMPLES = 128;
  private static final String OFTEN = "halfstep.service.jobs.checkpoint-every = 200 ms\n";

  private static byte[] model;
  private static byte[] encodings;

  @BeforeAll
  static void uninterrupted(@TempDir Path folder) throws Exception {
    try (ServiceProcess service = ServiceProcess.start(folder, folder.resolve("state"), OFTEN)) {
      String id = service.submitResnet("undisturbed", SAMPLES);
      await(feed(service, id), service);
      service.awaitCompleted(id);
      model = service.published(id, "model");
      encodings = service.published(id, "encodings");
    }
  }

  @Test
  void theResultIsThatOfAnUninterruptedRun(@TempDir Path folder) throws Exception {
    Random random = new Random(20261121);
    try (ServiceProcess service = ServiceProcess.start(folder, folder.resolve("state"), OFTEN)) {
      String id = service.submitResnet("killed", SAMPLES);
      Process feeder = feed(service, id);
      killWhileFed(service, id, random);
      int rounded = 1 + random.nextInt(14);
      service.awaitJob(id, "rounding", job -> job.at("/progress/ratios").size() >= rounded);
      service.kill();
      service.start();
      service.awaitJob(
          id, "finishing", job -> job.at("/progress/pass").asText("finish").equals("finish"));
      Thread.sleep(random.nextInt(300));
      service.kill();
      service.start();
      assertUndisturbed(service, id, feeder);
    }
  }

  /** The database crashes, too. */
  @Test
  void alsoWithTheJournalInPostgresql(@TempDir Path folder) throws Exception {
    Random random = new Random(20261122);
    try (PostgresCluster cluster = PostgresCluster.start();
        ServiceProcess service =
            ServiceProcess.start(folder, folder.resolve("state"), OFTEN + cluster.config())) {
      String id = service.submitResnet("killed", SAMPLES);
      Process feeder = feed(service, id);
      killWhileFed(service, id, random);
      service.awaitJob(id, "rounding", job -> job.at("/progress/ratios").size() >= 2);
      cluster.down();
      Thread.sleep(1000 + random.nextInt(1000));
      assertThat(service.get("/v2/health/live").status()).isEqualTo(200);
      cluster.up();
      assertUndisturbed(service, id, feeder);
    }
  }

  private static void killWhileFed(ServiceProcess service, String id, Random random)
      throws Exception {
    int collected = 1 + random.nextInt(SAMPLES);
    service.awaitJob(id, "fed", job -> job.at("/samples/collected").asInt() >= collected);
    service.kill();
    service.start();
  }

  private static void assertUndisturbed(ServiceProcess service, String id, Process feeder)
      throws Exception {
    JsonNode job = service.awaitCompleted(id);
    await(feeder, service);
    assertThat(job.path("versions")).hasSize(1);
    assertThat(job.at("/versions/0/samples").asInt()).isEqualTo(SAMPLES);
    assertThat(service.published(id, "model")).isEqualTo(model);
    assertThat(service.published(id, "encodings")).isEqualTo(encodings);
  }

  private static Process feed(ServiceProcess service, String id) throws Exception {
    return service.client("feed", "feed", id, "--data", ServiceProcess.CALIBRATION);
  }

  private static void await(Process feeder, ServiceProcess service) throws Exception {
    assertThat(feeder.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(feeder.exitValue()).as(service.output("feed")).isZero();
  }
}
