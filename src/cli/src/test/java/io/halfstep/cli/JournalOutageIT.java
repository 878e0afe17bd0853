package io.halfstep.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.cli.ServiceProcess.Answer;
import io.halfstep.service.PostgresCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** An outage of the journal's database loses no data, and no reply claims so. */
@DisabledOnOs(OS.WINDOWS)
class JournalOutageIT {
  private static final int SAMPLES = 64;

  @Test
  void jobsAreUnavailableUntilItIsBack(@TempDir Path folder) throws Exception {
    try (PostgresCluster cluster = PostgresCluster.start();
        ServiceProcess service =
            ServiceProcess.start(folder, folder.resolve("state"), cluster.config())) {
      String id = service.submitResnet("resnet", SAMPLES);
      feed(service, id, SAMPLES / 2);
      cluster.down();

      isAway(service.post("/jobs/" + id + "/pause", new byte[0]));
      JsonNode job = service.job(id);
      assertThat(job.path("status").asText()).isEqualTo("unavailable");
      assertThat(job.path("error").asText())
          .contains(
              "the journal does not answer", "the last known status of the job is collecting");
      assertThat(job.at("/samples/collected").asInt()).isEqualTo(SAMPLES / 2);
      isAway(service.post("/jobs/" + id + "/cancel", new byte[0]));
      isAway(service.delete("/jobs/" + id));
      isAway(service.submit(Files.readAllBytes(ServiceProcess.RESNET), "name=other", ""));
      assertThat(metrics(service))
          .contains(status(id, "unavailable"))
          .doesNotContain("\"failed\"} 1");

      feed(service, id, SAMPLES);
      assertThat(service.job(id).at("/samples/collected").asInt()).isEqualTo(SAMPLES);
      assertThat(service.log()).doesNotContain("ERROR", "\tat ");

      cluster.up();
      service.awaitCompleted(id);
      assertThat(metrics(service)).contains(status(id, "completed"));
      String other = service.submitResnet("other", SAMPLES);
      assertThat(service.delete("/jobs/" + other).status()).isEqualTo(200);
    }
  }

  private static void isAway(Answer answer) {
    assertThat(answer.status()).as(answer.error()).isEqualTo(503);
    assertThat(answer.error()).contains("the journal does not answer").hasLineCount(1);
    assertThat(answer.response().headers().firstValue("Retry-After")).isPresent();
  }

  private static void feed(ServiceProcess service, String id, int samples) throws Exception {
    Process feeder =
        service.client(
            "feed", "feed", id, "--samples", samples, "--data", ServiceProcess.CALIBRATION);
    assertThat(feeder.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(feeder.exitValue()).as(service.output("feed")).isZero();
  }

  private static String metrics(ServiceProcess service) throws Exception {
    return new String(service.get("/metrics").response().body(), UTF_8);
  }

  private static String status(String id, String status) {
    return "halfstep_job_status{job_id=\"%s\",status=\"%s\"} 1".formatted(id, status);
  }
}
