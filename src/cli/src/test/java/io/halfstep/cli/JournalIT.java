package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.service.PostgresCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A journal is lost or moved to PostgreSQL: following the messages loses no data. */
@DisabledOnOs(OS.WINDOWS)
class JournalIT {
  private static final int SAMPLES = 64;

  private static byte[] model;

  @BeforeAll
  static void undisturbed(@TempDir Path folder) throws Exception {
    try (ServiceProcess service = ServiceProcess.start(folder)) {
      service.submitResnet("job", SAMPLES);
      feed(service, "feed", SAMPLES);
      service.awaitCompleted("job-1");
      model = service.published("job-1", "model");
    }
  }

  private static void feed(ServiceProcess service, String name, int samples) throws Exception {
    Process feeder =
        service.client(
            name, "feed", "job-1", "--data", ServiceProcess.CALIBRATION, "--samples", samples);
    assertThat(feeder.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(feeder.exitValue()).as(service.output(name)).isZero();
  }

  /** Feeds the remaining samples; the model must equal that of an undisturbed job. */
  private static void assertGoesOn(ServiceProcess service) throws Exception {
    feed(service, "rest", SAMPLES);
    assertThat(service.output("rest")).contains("40 samples were sent before");
    JsonNode job = service.awaitCompleted("job-1");
    assertThat(job.at("/versions/0/samples").asInt()).isEqualTo(SAMPLES);
    assertThat(service.published("job-1", "model")).isEqualTo(model);
  }

  private static void assertRefusesToStart(ServiceProcess service, String... said)
      throws Exception {
    service.begin();
    assertThat(service.exitCode()).isEqualTo(2);
    assertThat(service.log()).contains("state has 1 job (job-1)").contains(said).hasLineCount(1);
    assertThat(service.state().resolve("jobs/job-1/model/model.onnx")).exists();
  }

  @Test
  void fromTheEmbeddedDatabaseToPostgresql(@TempDir Path folder) throws Exception {
    try (PostgresCluster cluster = PostgresCluster.start();
        ServiceProcess service = ServiceProcess.start(folder)) {
      service.submitResnet("job", SAMPLES);
      feed(service, "feed", 40);
      service.kill();
      service.configure(cluster.config());
      assertRefusesToStart(service, "jdbc:postgresql:", "'halfstep journal move'");

      assertThat(service.command("move", "journal", "move")).as(service.output("move")).isZero();

      assertThat(service.output("move")).contains("journal.mv.db.moved");
      Path journal = service.state().resolve("journal.mv.db");
      Files.move(Path.of(journal + ".moved"), journal); // as if killed after the commit
      assertThat(service.command("again", "journal", "move")).as(service.output("again")).isZero();
      assertThat(journal).doesNotExist();
      service.start();
      assertGoesOn(service);
      service.kill();
      service.configure("");
      assertRefusesToStart(service, "journal.url");
      service.configure(cluster.config());
      assertThat(service.command("empty", "journal", "move")).isEqualTo(2);
      assertThat(service.output("empty")).contains("nothing to move");
    }
  }

  @Test
  void fromTheFolders(@TempDir Path folder) throws Exception {
    try (ServiceProcess service = ServiceProcess.start(folder)) {
      service.submitResnet("job", SAMPLES);
      feed(service, "feed", 40);
      service.kill();
      Files.delete(service.state().resolve("journal.mv.db"));
      assertRefusesToStart(service, "journal.mv.db", "'halfstep journal rebuild'");

      assertThat(service.command("rebuild", "journal", "rebuild"))
          .as(service.output("rebuild"))
          .isZero();

      assertThat(service.output("rebuild")).contains("job-1").contains("paused");
      service.start();
      assertThat(service.job("job-1").path("status").asText()).isEqualTo("paused");
      assertThat(service.post("/jobs/job-1/resume", new byte[0]).status()).isLessThan(300);
      assertGoesOn(service);
    }
  }
}
